export type { Refund, RefundStatus } from './refund.ts';
export { loadRefund, loadRefunds } from './refunds.store.ts';
export { REFUND, renderRefund } from './render-refund.ts';
