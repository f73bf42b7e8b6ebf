export {
  type ConnectorPort,
  callOut,
  createOutgoing,
  type Outgoing,
} from './call-out.ts';
export { type Alert, type Conclusion, conclude } from './conclude.ts';
export {
  type Action,
  type CheckResult,
  type Echo,
  type Evidence,
  type EvidenceKind,
  type Outcome,
  type OutcomeName,
  type Told,
  traceKinds,
} from './evidence.ts';
export { type ForgottenCall, loadForgottenCalls, loadLockedIntents } from './forgotten.store.ts';
export { letGo, noteForgotten } from './forgotten.ts';
export { createGates, type GateSettings, type Gates, usualGates } from './gates.ts';
export {
  type NewOperation,
  newOperation,
  type Operation,
  type OperationKind,
  providerKeyOf,
  providerKeysFrom,
  spellOperation,
} from './operation.ts';
export { blocksOthers, isFinished, type OperationState } from './operation-states.ts';
export {
  areOperationsDue,
  hasOpenOperations,
  loadAsked,
  loadByProviderId,
  loadByReference,
  loadForPerson,
  loadKnown,
  loadOfIntent,
  loadOperation,
} from './operations.store.ts';
export { decideByPerson, type PersonSays } from './person.ts';
export {
  type Change,
  DoesNotCount,
  type NewEvidence,
  type Recorded,
  recordEvidence,
  type WritesOf,
} from './record-evidence.ts';
export type { Recovery, RecoveryStep } from './recovery.ts';
export { createResolver, type Resolver, type ResolverSettings } from './resolver.ts';
export { REVERSE_AGAIN_JOB, reverseAgainLater } from './reverse-again.ts';
export {
  findForgottenSends,
  openSendJournal,
  readSendJournal,
  type SendJournal,
  type SentLine,
} from './send-journal.ts';
export { type Sending, type Sent, sendOperation } from './send-operation.ts';
export { houseTimeOf } from './trace.ts';
export type { Asked } from './write-operation.store.ts';
