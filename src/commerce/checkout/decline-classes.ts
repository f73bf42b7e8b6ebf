// Why a payment failed, as its payer reads it: what to do next, and never which suspicion there is.

import { isDelicate } from '#payments/risk';
import type { DeclineClass, Declined } from './page-view.ts';

type Told = {
  readonly code: string;
  readonly decline_code?: string;
  /** What was tried, where the error says so. */
  readonly payment_method?: { readonly type: string };
};

const classes: Readonly<Record<string, DeclineClass>> = {
  authentication_not_handled: 'auth_needed',
  authentication_required: 'auth_needed',
  card_not_supported: 'not_allowed',
  card_velocity_exceeded: 'velocity',
  currency_not_supported: 'not_allowed',
  expired_card: 'data_expiry',
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
  not_permitted: 'not_allowed',
  payment_intent_authentication_failure: 'auth_failed',
  setup_intent_authentication_failure: 'auth_failed',
  payment_method_unexpected_state: 'technical',
  pin_try_exceeded: 'velocity',
  processing_error: 'technical',
  resource_missing: 'technical',
  service_not_allowed: 'not_allowed',
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

/** A bank's page that a payer was sent to says less than the bank of a card. */
const awayClass = (code: string): DeclineClass => {
  if (code === 'processing_error') return 'technical';
  return code === 'payment_intent_payment_attempt_expired' ? 'away_expired' : 'away_failed';
};

const classOf = ({
  code,
  decline_code: declineCode,
  payment_method: method,
}: Told): DeclineClass => {
  if (method !== undefined && method.type !== 'card') return awayClass(code);
  return isDelicate(declineCode)
    ? 'hard_stop'
    : (classes[declineCode ?? ''] ?? classes[code] ?? 'call_bank');
};

export const declinedOf = (told: Told): Declined => {
  const found = classOf(told);
  return {
    class: found,
    text: `decline.${found}`,
    field: fields[found] ?? null,
    sameCardMayWork: !finalClasses.has(found),
  };
};

/** What the form has to say and did not, where no script runs that would have asked. */
export const missingAt = (param: string): Declined | null => {
  const isCard = param === 'payment_method';
  if (!isCard && !param.endsWith('[billing_details][name]')) return null;
  return {
    class: 'missing',
    text: 'decline.missing',
    field: isCard ? 'number' : 'away-name',
    sameCardMayWork: true,
  };
};

/** Nothing but that it was refused: what a suspect is told, whatever the reason. */
export const declinedWithoutReason: Declined = declinedOf({
  code: 'card_declined',
  decline_code: 'fraudulent',
});
