export { type Asking, askingByItself, askingOf } from './asking.ts';
export {
  type Authenticate,
  type AuthenticationAsked,
  type AuthenticationSaid,
  authenticate,
  provideAuthentication,
} from './authenticate.ts';
export { lastErrorOf } from './conclude-payment.ts';
export { undoing } from './create-intent.ts';
export { findIntent } from './find-intent.ts';
export { goOn, type Proof } from './go-on.ts';
export { RELEASE_JOB } from './hear.ts';
export { loadIntent, updateIntent } from './intents.store.ts';
export type { Cause } from './payment.ts';
export { writePayment } from './payment.ts';
export {
  blankIntent,
  type LastError,
  type NextAction,
  type PaymentIntent,
} from './payment-intent.ts';
export { methodOf } from './payment-request.ts';
export { methodWasUsed, nobodyTakes } from './refusals.ts';
export { endCanceled, releaseHeld } from './release-charge.ts';
export { renderIntent } from './render-intent.ts';
export { type TakenMethod, takeMethod } from './take-method.ts';
