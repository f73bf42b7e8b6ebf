export { findOperationOf, loadMessages } from './acquiring.store.ts';
export { type Acquiring, type HostSettings, openAcquiring } from './acquiring.ts';
export type { CardMessage } from './card-message.ts';
export {
  type ClearingFile,
  loadFile as loadClearingFile,
  noteHandedOver,
} from './clearing.store.ts';
export { DID_NOT_ARRIVE } from './clearing-entry.ts';
export { clearingFile } from './clearing-file.ts';
export type { Endpoint } from './connection.ts';
export { hostCurrencies } from './currencies.ts';
export { cutOver } from './cut-over.ts';
export { type DayAtHostEnded, endDayAtHost } from './end-of-day.ts';
export type { CardCall } from './exchange.ts';
export { type Link } from './link.ts';
export type { Facts } from './messages.ts';
export { type AcquirerProfile, type ProfileName, profiles } from './profile.ts';
export { reverse } from './reverse.ts';
export { sendCompletion, sendVoid } from './send-advice.ts';
export { sendIncrement, sendPayment, sendRefund } from './send-payment.ts';
export { leaveOutForgotten } from './trace-numbers.ts';
