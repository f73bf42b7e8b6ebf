// Why a payment failed, as its payer reads it: what to do next, and never which suspicion there is.

import type { DeclineClass, Declined } from './page-view.ts';

type Told = { readonly code: string; readonly decline_code?: string };

const classes: Readonly<Record<string, DeclineClass>> = {
  authentication_not_handled: 'auth_needed',
  authentication_required: 'auth_needed',
  card_not_supported: 'not_allowed',
  card_velocity_exceeded: 'velocity',
  currency_not_supported: 'not_allowed',
  do_not_try_again: 'hard_stop',
  expired_card: 'data_expiry',
  fraudulent: 'hard_stop',
  incorrect_address: 'data_postal',
  incorrect_cvc: 'data_cvc',
  incorrect_number: 'data_number',
  incorrect_zip: 'data_postal',
  insufficient_funds: 'funds',
  invalid_account: 'not_allowed',
  invalid_amount: 'not_allowed',
  invalid_cvc: 'data_cvc',
  invalid_expiry_month: 'data_expiry',
  invalid_expiry_year: 'data_expiry',
  invalid_number: 'data_number',
  issuer_not_available: 'technical',
  lost_card: 'hard_stop',
  merchant_blacklist: 'hard_stop',
  not_permitted: 'not_allowed',
  payment_intent_authentication_failure: 'auth_failed',
  setup_intent_authentication_failure: 'auth_failed',
  pickup_card: 'hard_stop',
  pin_try_exceeded: 'velocity',
  processing_error: 'technical',
  restricted_card: 'hard_stop',
  revocation_of_all_authorizations: 'hard_stop',
  revocation_of_authorization: 'hard_stop',
  security_violation: 'hard_stop',
  service_not_allowed: 'not_allowed',
  stolen_card: 'hard_stop',
  stop_payment_order: 'hard_stop',
  transaction_not_allowed: 'not_allowed',
  withdrawal_count_limit_exceeded: 'funds',
};

/** Every code that has a class of its own; all others are for the bank to explain. */
export const declineClasses: readonly (readonly [code: string, DeclineClass])[] =
  Object.entries(classes);

const fields: Partial<Readonly<Record<DeclineClass, Declined['field']>>> = {
  data_cvc: 'cvc',
  data_expiry: 'expiry',
  data_number: 'number',
  data_postal: 'postal_code',
};

const finalClasses: ReadonlySet<DeclineClass> = new Set(['hard_stop', 'not_allowed']);

export const declinedOf = ({ code, decline_code: declineCode }: Told): Declined => {
  const found = classes[declineCode ?? ''] ?? classes[code] ?? 'call_bank';
  return {
    class: found,
    text: `decline.${found}`,
    field: fields[found] ?? null,
    sameCardMayWork: !finalClasses.has(found),
  };
};

/** Reasons that only whoever has the secret key may know: a thief must not learn what gave them away. */
export const isDelicate = (told: Told): boolean => declinedOf(told).class === 'hard_stop';
