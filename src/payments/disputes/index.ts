export {
  type PersonSays as PersonSaysOfDispute,
  personSays as personSaysOfDispute,
} from './conclude-dispute.ts';
export { endDispute, explainDispute, type SaidOfDispute } from './decide-dispute.ts';
export type { Dispute } from './dispute.ts';
export { loadDispute, loadDisputesForPerson } from './disputes.store.ts';
export { DISPUTE } from './render-dispute.ts';
