export {
  type ConnectorPort,
  callOut,
  createOutgoing,
  type Outgoing,
} from './call-out.ts';
export { CHARGED_BACK, isChargedBack } from './charged-back.ts';
export { type Conclusion, conclude } from './conclude.ts';
export { decidedOnce } from './decided-once.ts';
export {
  type CheckResult,
  type Echo,
  type Evidence,
  type Outcome,
  type Told,
  traceKinds,
} from './evidence.ts';
export { type ForgottenCall, loadForgottenCalls, loadLockedIntents } from './forgotten.store.ts';
export { noteForgotten, releaseForgottenCall } from './forgotten.ts';
export { createGates, type GateSettings, usualGates } from './gates.ts';
export { type HeldName, heldWhileSending } from './held-while-sending.ts';
export { isLeased } from './leased.store.ts';
export {
  type NewOperation,
  newOperation,
  type Operation,
  type OperationKind,
  providerKeysFrom,
  spellOperation,
} from './operation.ts';
export { isFinished, type OperationState } from './operation-states.ts';
export {
  areOperationsDue,
  hasOpenOperations,
  loadAsked,
  loadByProviderId,
  loadByReference,
  loadCapturesOf,
  loadForPerson,
  loadKnown,
  loadOfIntent,
  loadOperation,
} from './operations.store.ts';
export { mayBePaidBackTwice } from './paid-back-twice.ts';
export { decideByPerson, type PersonSays } from './person.ts';
export { type Change, DoesNotCount, recordEvidence, type WritesOf } from './record-evidence.ts';
export type { Recovery, RecoveryStep } from './recovery.ts';
export { createResolver, type Resolver, type ResolverSettings } from './resolver.ts';
export { REVERSE_AGAIN_JOB, reverseAgainLater } from './reverse-again.ts';
export {
  findForgottenSends,
  openSendJournal,
  readSendJournal,
  type SentLine,
} from './send-journal.ts';
export { type Sent, sendOperation } from './send-operation.ts';
export {
  forgetBehindSenders,
  leaveSenders,
  loadBehind,
  loadRemaining,
  type Sender,
  saySender,
} from './senders.store.ts';
export { houseTimeOf } from './trace.ts';
export { usualAt } from './usual.ts';
export type { Asked } from './write-operation.store.ts';
