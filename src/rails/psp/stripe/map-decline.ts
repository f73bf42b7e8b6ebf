// Stripe's words for a no, which are ours as well, and what they advise. A word that is not known here
// is still a no: it becomes the general one, and stands beside it for people.

import type { Told } from '#rails/operations';
import { type Json, textAt } from './api.ts';

/** Of payments that send the payer away: what came of it there. */
const away = [
  'payment_intent_authentication_failure',
  'payment_intent_payment_attempt_expired',
  'payment_method_customer_decline',
  'payment_method_provider_decline',
  'payment_method_provider_timeout',
];

const known = new Set([
  ...away,
  ...`approve_with_id authentication_required call_issuer card_not_supported card_velocity_exceeded
   currency_not_supported do_not_honor do_not_try_again duplicate_transaction expired_card fraudulent
   generic_decline incorrect_address incorrect_cvc incorrect_number incorrect_pin incorrect_zip
   insufficient_funds invalid_account invalid_amount invalid_cvc invalid_expiry_month
   invalid_expiry_year invalid_number invalid_pin issuer_not_available lost_card merchant_blacklist
   mobile_device_authentication_required new_account_information_available no_action_taken
   not_permitted offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded
   processing_error reenter_transaction restricted_card revocation_of_all_authorizations
   revocation_of_authorization security_violation service_not_allowed stolen_card
   stop_payment_order testmode_decline transaction_not_allowed try_again_later
   withdrawal_count_limit_exceeded`.split(/\s+/),
]);

const advised: Readonly<Record<string, Told['advice']>> = {
  do_not_try_again: 'do_not_try_again',
  try_again_later: 'try_again_later',
  confirm_card_data: 'confirm_card_data',
};

export const declineCodeOf = (error: Json): { readonly code: string; readonly told: Told } => {
  const word = textAt(error, 'decline_code') ?? textAt(error, 'code') ?? '';
  const advice = advised[textAt(error, 'advice_code') ?? ''];
  const networkCode = textAt(error, 'network_decline_code');
  return {
    code: known.has(word) ? word : 'generic_decline',
    told: {
      ...(advice === undefined ? {} : { advice }),
      ...(networkCode === null ? {} : { networkCode }),
      ...(known.has(word) ? {} : { data: { provider_code: word.slice(0, 60) } }),
    },
  };
};
