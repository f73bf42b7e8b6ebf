export { findOperationOf, loadMessages } from './acquiring.store.ts';
export { type Acquiring, type HostSettings, openAcquiring } from './acquiring.ts';
export type { CardMessage, Place } from './card-message.ts';
export {
  type ClearingFile,
  type Day,
  loadFile as loadClearingFile,
  noteHandedOver,
} from './clearing.store.ts';
export { onOperation } from './clearing-entry.ts';
export { clearingFile } from './clearing-file.ts';
export type { Endpoint } from './connection.ts';
export { hostCurrencies } from './currencies.ts';
export { type CutOver, cutOver } from './cut-over.ts';
export { type DayAtHost, type DayAtHostEnded, endDayAtHost } from './end-of-day.ts';
export type { CardCall } from './exchange.ts';
export { type Link, type LinkSettings, openLink } from './link.ts';
export type { Facts } from './messages.ts';
export { type AcquirerProfile, type ProfileName, profiles, usualTiming } from './profile.ts';
export { type CodeMeaning, codeMeanings } from './response-code.ts';
export { reverse } from './reverse.ts';
export { sendCompletion, sendVoid } from './send-advice.ts';
export { sendIncrement, sendPayment, sendRefund } from './send-payment.ts';
export { leaveOutForgotten } from './trace-numbers.ts';
