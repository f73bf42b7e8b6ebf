export type { Refund } from './refund.ts';
export { listRefunds } from './refunds.store.ts';
export { takeWhatIsFree } from './taken-back.ts';
