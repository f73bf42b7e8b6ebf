export type { Refund, RefundStatus } from './refund.ts';
export { listRefunds, loadRefund, loadRefunds } from './refunds.store.ts';
export { REFUND, renderRefund } from './render-refund.ts';
export { takeWhatIsFree } from './taken-back.ts';
