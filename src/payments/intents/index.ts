export {
  type Asked as IntentAsked,
  applyParameters,
  refuseByTelephone,
  refuseForeignProof,
} from './apply-parameters.ts';
export {
  type Asking,
  askingByItself,
  askingOf,
  askingWith,
  tellingFor,
  toldWith,
} from './asking.ts';
export { authenticate, provideAuthentication } from './authenticate.ts';
export { awayParameters } from './away-options.ts';
export { cancel as cancelIntent } from './cancel-intent.ts';
export { refuseWithoutConfirm } from './create-intent.ts';
export { findIntent, findIntentWithCharge } from './find-intent.ts';
export { goOn, type Proof } from './go-on.ts';
export { conclusionOf as paymentConclusionOf, RELEASE_JOB } from './hear.ts';
export { goingOn } from './hear-authentication.ts';
export { networks, shippingParameters, statementDescriptor } from './intent-parameters.ts';
export { loadIntent, loadIntentOfOrder } from './intents.store.ts';
export { lastErrorOf, withErrorPage } from './last-error.ts';
export { letGo } from './let-go.ts';
export { checkIntentAsked, makeIntent, mayBeTried, tryToPay } from './made-intent.ts';
export { type MandateOptions, mandateFields, mandateOptionsOf } from './mandate-options.ts';
export { type FindMandate, provideMandates } from './named-mandate.ts';
export { type OfPayment, readOfPayment } from './of-payment.ts';
export { claimOrder, releaseOrder } from './orders.store.ts';
export { refuseOptionsFromPage } from './page-options.ts';
export { endAtProvider, isPayerAway } from './payer-away.ts';
export {
  blankIntent,
  type LastError,
  type NextAction,
  type PaymentIntent,
  type Screened,
} from './payment-intent.ts';
export { type PaymentListener, providePaymentListeners } from './payment-listeners.ts';
export { methodOf } from './payment-request.ts';
export { methodWasUsed, nobodyTakes, orderInUse, orderIsOfPayment } from './refusals.ts';
export { endCanceled, releaseHeld } from './release-charge.ts';
export { holdOf, holdsDirectly, isUnderWay, nothingHeld } from './release-direct-charge.ts';
export { errorForPage } from './render-intent.ts';
export { provideReturns, readReturnToken } from './return-address.ts';
export { onceKnown, returnHandlers, returnHandlersOf, withOutcome } from './return-handlers.ts';
export { screenPayer } from './screen-payer.ts';
export { checkMethod, relatedTo, type TakenMethod, takeMethod, undoing } from './take-method.ts';
export { useProof } from './use-proof.ts';
export { FIRST_MS, waitAgainMs } from './wait-again.ts';
export { checkNeeds, checkTypes, invalidType, unknownType, waysFor } from './ways-of-intent.ts';
