// Every code the API answers with, as data: `refuse` takes status and text from here, and the
// reference page of errors is this table. A module with codes of its own adds a table like it.

export type ErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

export type ErrorRow = {
  readonly status: number;
  readonly type: ErrorType;
  /** Absent where each use says something of its own. */
  readonly message?: string;
  readonly param?: string;
  readonly meaning: string;
  readonly advice: string;
};

export type ErrorTable = Readonly<Record<string, ErrorRow>>;

const request = (status: number, meaning: string, advice: string, message?: string) =>
  ({
    status,
    type: 'invalid_request_error',
    meaning,
    advice,
    ...(message === undefined ? {} : { message }),
  }) as const satisfies ErrorRow;

const card = (meaning: string, message: string, param?: string) =>
  ({
    status: 402,
    type: 'card_error',
    message,
    ...(param === undefined ? {} : { param }),
    meaning,
    advice: 'Show the message to the payer and ask for another card or corrected details.',
  }) as const satisfies ErrorRow;

const tryAgainOrOther = 'Confirm again, with the same method or with another one.';
const fixCall = 'Correct the call; sending it again unchanged gives the same answer.';
const reload = 'Retrieve the object and decide by its present state.';

const table = {
  amount_too_large: request(400, 'The amount is above what can be charged.', fixCall),
  amount_too_small: request(400, 'The amount is below the least that can be charged.', fixCall),
  authentication_required: card(
    'The issuer wants the payer to authenticate, and the payer is not there.',
    'Your card was declined. This transaction requires authentication.',
  ),
  cancel_declined: card(
    'The bank did not accept the cancellation of an authorization.',
    'The bank did not accept the cancellation.',
  ),
  capture_declined: card(
    'The bank did not accept the capture of an authorization.',
    'The bank did not accept the capture.',
  ),
  not_supported_yet: request(
    400,
    'Stripe has this and this installation does not have it yet.',
    'Leave the parameter out, or do without what it asks for.',
  ),
  missing: card(
    'A customer was to be charged who has no card.',
    'Cannot charge a customer that has no active card',
    'card',
  ),
  order_reference_in_use: {
    status: 409,
    type: 'invalid_request_error',
    meaning:
      'The order is registered with another amount or currency, or by a session where a payment was to be made, or the other way round.',
    advice:
      'Use the payment that is shown with the error or the session that there is, or another reference.',
  },
  payment_method_not_available: request(
    400,
    'No provider of the account takes this method in this currency.',
    'Connect a provider that does, or use another method or currency.',
  ),
  balance_insufficient: request(
    400,
    'The available balance does not cover this.',
    'Wait until pending funds become available, or ask for less.',
  ),
  card_declined: card('The issuer, or a risk rule, refused.', 'Your card was declined.'),
  charge_already_captured: request(400, 'The charge was captured before.', reload),
  charge_already_refunded: request(400, 'Nothing is left to refund.', reload),
  charge_disputed: request(
    400,
    'A chargeback holds the money.',
    'Answer the dispute instead of refunding.',
  ),
  charge_expired_for_capture: request(
    400,
    'The authorization ended before it was captured.',
    'Make a new payment.',
  ),
  checkout_amount_mismatch: request(
    400,
    'What the payer was shown is not what the session costs.',
    'Show the payer the amount of the session again, and ask again.',
    'The expected_amount is not the amount of this Checkout Session. Nothing was charged.',
  ),
  checkout_attempt_outdated: {
    status: 409,
    type: 'invalid_request_error',
    message:
      'This try was overtaken by another one of the same Checkout Session. Nothing was charged by it.',
    meaning: 'Another tab, or an earlier click, has tried to pay the same session.',
    advice: 'Show the payer the present state of the session.',
  },
  checkout_not_active_session: request(
    400,
    'The Checkout Session is complete or expired.',
    'Make a new session.',
    'This Checkout Session is no longer active.',
  ),
  checkout_session_locked: request(
    400,
    'So many tries to pay this session failed that it takes no more.',
    'Make a new session, if you know the payer.',
    'This Checkout Session is locked: too many payments of it failed.',
  ),
  email_invalid: request(400, 'The text is not an e-mail address.', fixCall),
  expired_card: card('The card has expired.', 'Your card has expired.', 'exp_month'),
  idempotency_key_in_use: {
    status: 409,
    type: 'idempotency_error',
    meaning: 'A request with this key is still running.',
    advice: 'Send the same request again after a moment; it gets the stored answer.',
  },
  incorrect_cvc: card(
    'The security code is wrong.',
    "Your card's security code is incorrect.",
    'cvc',
  ),
  incorrect_number: card('The card number is wrong.', 'Your card number is incorrect.', 'number'),
  invalid_cvc: card(
    'The security code is malformed.',
    "Your card's security code is invalid.",
    'cvc',
  ),
  invalid_expiry_month: card(
    'There is no such month.',
    "Your card's expiration month is invalid.",
    'exp_month',
  ),
  invalid_expiry_year: card(
    'The year is past or malformed.',
    "Your card's expiration year is invalid.",
    'exp_year',
  ),
  invalid_number: card('The card number is malformed.', 'Your card number is incorrect.', 'number'),
  lock_timeout: {
    status: 429,
    type: 'invalid_request_error',
    message:
      'This object cannot be accessed right now because another API request is currently accessing it. Please try again.',
    meaning: 'Other requests kept changing the same object.',
    advice: 'Send the same request again, with the same key.',
  },
  parameter_invalid_empty: request(400, 'An empty value where none is possible.', fixCall),
  parameter_invalid_integer: request(
    400,
    'The value is not a whole number, or out of range.',
    fixCall,
  ),
  parameter_missing: request(400, 'A required parameter was not sent.', fixCall),
  parameter_unknown: request(400, 'A parameter this call does not take.', fixCall),
  parameters_exclusive: request(
    400,
    'Two parameters that mean the same were given different values.',
    fixCall,
  ),
  payment_intent_authentication_failure: card(
    'The payer did not pass the authentication.',
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
  ),
  payment_intent_mandate_invalid: request(
    400,
    'The mandate is not for this payment: it is of another payment method, or was for one payment.',
    'Name a mandate of the payment method that you confirm with, or let the payer agree with `mandate_data`.',
  ),
  payment_intent_payment_attempt_expired: request(
    402,
    'The payer was sent away to pay and did not come back in time.',
    tryAgainOrOther,
    'The payment was not finished in time. Try again, or use another payment method.',
  ),
  payment_intent_tried_too_often: request(
    400,
    'So many tries from payers’ pages failed that this payment takes no more of them.',
    'Make a new payment, if you know the payer; or confirm this one from your server.',
    'This PaymentIntent takes no more tries: too many of them failed.',
  ),
  payment_intent_outcome_unknown: {
    status: 409,
    type: 'invalid_request_error',
    meaning:
      'Something else of this payment is under way at its provider, or nobody knows yet what became of it.',
    advice:
      'Nothing was changed. Wait for the event that ends it, or ask again after a while, with the same key.',
  },
  payment_intent_unexpected_state: request(
    400,
    'The payment is in a state that does not allow this.',
    reload,
  ),
  payment_method_customer_decline: request(
    402,
    'The payer gave up at the page they were sent to.',
    tryAgainOrOther,
    'The payment was given up. Try again, or use another payment method.',
  ),
  payment_method_provider_decline: request(
    402,
    'The payer’s bank, or whoever runs this way to pay, declined.',
    tryAgainOrOther,
    'The payment was declined. Try again, or use another payment method.',
  ),
  payment_method_provider_timeout: request(
    402,
    'The payer’s bank did not answer in time, and nothing was paid.',
    tryAgainOrOther,
    'The bank did not answer in time. Try again, or use another payment method.',
  ),
  payment_method_unexpected_state: request(
    400,
    'While a setup was under way its payment method was used up by a payment, detached, or given to another customer: the card was not kept.',
    'Collect the payment method anew, and confirm the setup with it.',
  ),
  processing_error: card(
    'The network or the issuer could not process it.',
    'An error occurred while processing your card. Try again in a little bit.',
  ),
  proof_required: request(
    403,
    'Many cards were tried in vain from here, or at this account: a browser has to prove some work first.',
    'Find a whole number n so that the SHA-256 of `proof.n` begins with as many zero bits as the second part of `proof` says, and send the request again with the header `Tollgate-Proof: proof.n`. Our own page and fields do it by themselves.',
    'Please try again: this request has to be sent with a proof of work.',
  ),
  property_expansion_max_depth: request(400, 'The expand path is too long.', fixCall),
  rate_limit: {
    status: 429,
    type: 'invalid_request_error',
    message: 'Request rate limit exceeded. Please slow down and try again after a moment.',
    meaning: 'Too many requests in a short time.',
    advice: 'Wait as long as Retry-After says, and send more slowly.',
  },
  resource_missing: request(
    404,
    'There is no such object for this key and mode.',
    'Check the id, and that the key is of the mode the object was made in.',
  ),
  secret_key_required: request(
    403,
    'A publishable key was used where a secret one is needed.',
    'Make this call from your server with a secret key.',
    'This API call cannot be made with a publishable API key. Please use a secret API key. `tollgate keys` lists and makes them.',
  ),
  setup_intent_tried_too_often: request(
    400,
    'So many tries from payers’ pages failed that this setup takes no more of them.',
    'Make a new setup intent, if you know the payer; or confirm this one from your server.',
    'This SetupIntent takes no more tries: too many of them failed.',
  ),
  setup_intent_unexpected_state: request(
    400,
    'The setup is in a state that does not allow this.',
    reload,
  ),
  token_already_used: request(400, 'A token works once.', 'Make a new token.'),
  url_invalid: request(400, 'The text is not a URL that can be used here.', fixCall),
} as const satisfies ErrorTable;

export type KnownCode = keyof typeof table;

/** Widened, so that a row's optional keys can be read whichever code it is. */
export const errorCodes: Readonly<Record<KnownCode, ErrorRow>> = table;

/** Texts of declines that say more than the code's own. */
export const declineMessages: Readonly<Record<string, string>> = {
  insufficient_funds: 'Your card has insufficient funds.',
  card_velocity_exceeded:
    'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  live_mode_test_card:
    'Your card was declined. Your request was in live mode, but used a known test card.',
  test_mode_live_card:
    'Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, see the documentation.',
};
