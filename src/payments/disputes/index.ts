export type { Dispute } from './dispute.ts';
export { loadDispute, loadDisputes } from './disputes.store.ts';
export { DISPUTE, renderDispute } from './render-dispute.ts';
