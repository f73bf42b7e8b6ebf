export type { StoredAccount } from './account.ts';
export {
  listAccountRows as listConnectorAccounts,
  loadAccount as loadConnectorAccount,
} from './accounts.store.ts';
export {
  type Compared,
  compareSettlements,
  type SettledLine,
} from './compare-settlements.ts';
export * from './connector.ts';
export * from './day-end.ts';
export {
  type EndedDay,
  explainEndedDay,
  listEndedDays,
  loadEndedDay,
  loadNextDays,
  type NextDay,
} from './day-ends.store.ts';
export { type Directory, directoryOf, provideDirectory } from './directory.ts';
export * from './dispute-notice.ts';
export {
  explainNotice,
  loadDisputeNotices,
  loadNoticesForPerson,
  loadWaitingDisputes,
  type StoredNotice,
  type ToldOfDispute,
  type WaitingDispute,
} from './dispute-notices.store.ts';
export { watchDayEnds } from './end-days.ts';
export { DISPUTE_NOTICE } from './hear-of-disputes.ts';
export { SETTLEMENT_LINE } from './hear-of-settlements.ts';
export {
  explainWebhook,
  loadWebhooksForPerson,
  type WebhookForPerson,
} from './inbound.store.ts';
export { INBOUND_WEBHOOK } from './learn-from-webhooks.ts';
export { hearLinesOfBooked } from './lines-of-operation.ts';
export {
  type AccountChange,
  type AccountChanged,
  addAccount as addConnectorAccount,
  changeAccount as changeConnectorAccount,
  removeAccount as removeConnectorAccount,
} from './manage-accounts.ts';
export { type KeptAccount, keptAccounts, whyMisled } from './misled-accounts.ts';
export { type OpenRails, openRails } from './open-rails.ts';
export { type Places, placeAt, placeOfLink } from './places.ts';
export * from './rails.ts';
export { provideRails, railsOf } from './rails-of.ts';
export { CONNECTOR_ACCOUNT } from './render.ts';
export * from './request.ts';
export { heardBy } from './send.ts';
export type { SettlementReader, SettlementRow } from './settlement-line.ts';
export { explainLine, listLines, loadLine, type StoredLine } from './settlement-lines.store.ts';
export {
  type SettledSum,
  type SettlementTotals,
  settlementsOf,
  totalsOf,
} from './settlement-totals.ts';
export { webhookHandlers } from './webhook-handlers.ts';
