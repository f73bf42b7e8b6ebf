export type { ConfirmationToken } from './confirmation-token.ts';
export { MANDATE, type Mandate, renderMandate } from './mandate.ts';
export {
  type Accepting,
  acceptingNow,
  type MandateData,
  mandateOf,
  mandateParameters,
} from './mandate-data.ts';
export { takeConfirmationToken } from './take-token.ts';
