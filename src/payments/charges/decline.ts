// Why a payment failed, in the words that payers and merchants know. Connectors give a reason in words of
// ours; this table says what it is called in the API, what the payer reads, and whether the same card may
// be tried again.

import { declineMessages, type ErrorFields, errorCodes } from '#platform/http';
import type { Told } from '#rails/operations';

export type Advice = 'confirm_card_data' | 'do_not_try_again' | 'try_again_later';

export type Failure = {
  readonly code: FailureCode;
  readonly declineCode: string;
  readonly message: string;
  readonly advice: Advice | null;
  /** The network's own code: `51`. */
  readonly networkCode: string | null;
  /** Of another way to pay: nothing is to be said of a card. */
  readonly isOfCard?: false;
};

export type FailureCode =
  | OtherCode
  | 'authentication_required'
  | 'card_declined'
  | 'expired_card'
  | 'incorrect_cvc'
  | 'incorrect_number'
  | 'payment_intent_authentication_failure'
  | 'processing_error';

/** Of ways to pay that are no cards. */
export type OtherCode =
  | 'payment_intent_payment_attempt_expired'
  | 'payment_method_customer_decline'
  | 'payment_method_provider_decline'
  | 'payment_method_provider_timeout';

/** Reasons that are codes of their own; all others are a `card_declined` with the reason beside it. */
const own: Readonly<Record<string, FailureCode>> = {
  authentication_required: 'authentication_required',
  expired_card: 'expired_card',
  incorrect_cvc: 'incorrect_cvc',
  incorrect_number: 'incorrect_number',
  invalid_cvc: 'incorrect_cvc',
  payment_intent_authentication_failure: 'payment_intent_authentication_failure',
  processing_error: 'processing_error',
};

/** Every reason, with what is advised where the network advises nothing else. */
export const declineReasons: Readonly<Record<string, Advice | null>> = {
  approve_with_id: 'try_again_later',
  authentication_not_handled: null,
  authentication_required: null,
  call_issuer: null,
  card_not_supported: 'do_not_try_again',
  card_velocity_exceeded: 'try_again_later',
  currency_not_supported: null,
  do_not_honor: 'try_again_later',
  do_not_try_again: 'do_not_try_again',
  duplicate_transaction: null,
  expired_card: 'do_not_try_again',
  fraudulent: 'do_not_try_again',
  generic_decline: 'try_again_later',
  incorrect_address: 'confirm_card_data',
  incorrect_cvc: 'confirm_card_data',
  incorrect_number: 'confirm_card_data',
  incorrect_pin: 'confirm_card_data',
  incorrect_zip: 'confirm_card_data',
  insufficient_funds: 'try_again_later',
  invalid_account: 'do_not_try_again',
  invalid_amount: null,
  invalid_cvc: 'confirm_card_data',
  issuer_not_available: 'try_again_later',
  lost_card: 'do_not_try_again',
  merchant_blacklist: 'do_not_try_again',
  new_account_information_available: 'confirm_card_data',
  no_action_taken: 'try_again_later',
  not_permitted: 'do_not_try_again',
  payment_intent_authentication_failure: null,
  pickup_card: 'do_not_try_again',
  pin_try_exceeded: 'do_not_try_again',
  processing_error: 'try_again_later',
  reenter_transaction: 'try_again_later',
  restricted_card: 'do_not_try_again',
  revocation_of_all_authorizations: 'do_not_try_again',
  revocation_of_authorization: 'do_not_try_again',
  security_violation: 'try_again_later',
  service_not_allowed: 'do_not_try_again',
  stolen_card: 'do_not_try_again',
  stop_payment_order: 'do_not_try_again',
  testmode_decline: 'do_not_try_again',
  transaction_not_allowed: 'do_not_try_again',
  try_again_later: 'try_again_later',
  withdrawal_count_limit_exceeded: 'try_again_later',
};

/** A reason that nobody knows says no more than that the card was declined. */
export const failureOf = (reason: string | null, told: Told | null): Failure => {
  const declineCode =
    reason !== null && Object.hasOwn(declineReasons, reason) ? reason : 'generic_decline';
  const code = own[declineCode] ?? 'card_declined';
  return {
    code,
    declineCode,
    message: declineMessages[declineCode] ?? errorCodes[code].message ?? 'Your card was declined.',
    advice: told?.advice ?? declineReasons[declineCode] ?? null,
    networkCode: told?.networkCode ?? null,
  };
};

/** The card's holder would have to be asked, and whoever pays said that they cannot be. */
export const actionNotHandled = (told: Told | null): Failure => ({
  ...failureOf('authentication_required', told),
  declineCode: 'authentication_not_handled',
  message:
    'This payment required an authentication action to complete, but `error_on_requires_action` was set. When you are ready to handle actions, you can confirm this payment without it.',
});

/** Nothing moved and nothing is wrong with the card: it never came to be asked, or was taken back. */
export const notProcessed = (): Failure => failureOf('processing_error', null);

/** The code says it all. */
const withoutReason: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'payment_intent_authentication_failure',
  'payment_intent_payment_attempt_expired',
  'payment_method_customer_decline',
  'payment_method_provider_decline',
  'payment_method_provider_timeout',
  'processing_error',
]);

/** The keys that an error has of it. */
export const errorFieldsOf = (
  failure: Failure,
): Omit<ErrorFields, 'type'> & { readonly code: FailureCode } => {
  const { code, declineCode, advice, networkCode } = failure;
  const { param } = errorCodes[code];
  return {
    code,
    ...(withoutReason.has(code) ? {} : { decline_code: declineCode }),
    ...(advice === null ? {} : { advice_code: advice }),
    ...(networkCode === null ? {} : { network_decline_code: networkCode }),
    ...(param === undefined ? {} : { param }),
  };
};
