export { type Asking, askingByItself, askingOf } from './asking.ts';
export {
  type Authenticate,
  type AuthenticationAsked,
  type AuthenticationSaid,
  provideAuthentication,
} from './authenticate.ts';
export { findIntent } from './find-intent.ts';
export { goOn, type Proof } from './go-on.ts';
export { RELEASE_JOB } from './hear.ts';
export { loadIntent, updateIntent } from './intents.store.ts';
export type { Cause } from './payment.ts';
export { writePayment } from './payment.ts';
export type { PaymentIntent } from './payment-intent.ts';
export { endCanceled, releaseHeld } from './release-charge.ts';
export { renderIntent } from './render-intent.ts';
