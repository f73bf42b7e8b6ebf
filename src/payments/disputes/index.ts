export {
  type PersonSays as PersonSaysOfDispute,
  personSays as personSaysOfDispute,
} from './conclude-dispute.ts';
export { endDispute, explainDispute, type SaidOfDispute } from './decide-dispute.ts';
export type { Dispute } from './dispute.ts';
export { loadDispute, loadDisputes, loadDisputesForPerson } from './disputes.store.ts';
export { DISPUTE, renderDispute } from './render-dispute.ts';
