// Field 39 as we read it: what it means for the payment, in the words that Stripe's API has for it, and
// what the merchant may do. A profile may read single codes otherwise. A code that stands nowhere is no
// answer: nobody guesses what a host meant.
//
// `unsure` are the codes after which the money may have moved: malfunctions, "too late", "sent before".
// They are unknown until a reversal, or the repeat of an advice, has an answer.

import type { Told } from '#rails/operations';

export type CodeClass =
  | 'approved'
  | 'approved_in_part'
  | 'card_is_good'
  | 'funds'
  | 'issuer'
  | 'card_data'
  | 'authentication'
  | 'pick_up'
  | 'stop_order'
  | 'merchant'
  | 'away'
  | 'state'
  | 'unsure';

export type CodeMeaning = {
  readonly class: CodeClass;
  /** Of Stripe's decline codes, where it is a no. */
  readonly reason?: string;
  readonly advice?: NonNullable<Told['advice']>;
};

const later = 'try_again_later';
const never = 'do_not_try_again';
const check = 'confirm_card_data';

const rows: readonly (readonly [
  codes: string,
  kind: CodeClass,
  reason?: string,
  advice?: NonNullable<Told['advice']>,
])[] = [
  ['00 08 11 16', 'approved'],
  ['85', 'card_is_good'],
  ['10 32 87', 'approved_in_part'],
  ['51', 'funds', 'insufficient_funds', later],
  ['61 98', 'funds', 'card_velocity_exceeded', later],
  ['65', 'funds', 'withdrawal_count_limit_exceeded', later],
  ['39 42 44 52 53 76 77', 'funds', 'invalid_account'],
  ['45 46', 'issuer', 'invalid_account', never],
  ['01 02 60 66', 'issuer', 'call_issuer'],
  ['05', 'issuer', 'do_not_honor'],
  ['17', 'issuer', 'generic_decline'],
  ['18', 'issuer', 'generic_decline', never],
  ['47 70', 'issuer', 'call_issuer'],
  ['59 83', 'issuer', 'fraudulent', never],
  ['9G', 'issuer', 'transaction_not_allowed', never],
  ['23', 'issuer', 'generic_decline'],
  ['14 56', 'card_data', 'incorrect_number', check],
  ['15', 'card_data', 'incorrect_number', check],
  ['54', 'card_data', 'expired_card', check],
  ['78', 'card_data', 'new_account_information_available', check],
  ['55 86 89 C0', 'card_data', 'incorrect_pin', check],
  ['38 75', 'card_data', 'pin_try_exceeded', never],
  ['82 N7', 'card_data', 'incorrect_cvc', check],
  ['6P', 'card_data', 'incorrect_number', check],
  ['63 88 A1 A2 A3 A4 A5 A6 A7 Q1', 'card_data', 'security_violation'],
  ['80', 'card_data', 'invalid_expiry_year', check],
  ['71 C1 C2', 'card_data', 'generic_decline'],
  ['1A', 'authentication', 'authentication_required'],
  ['04 67', 'pick_up', 'pickup_card', never],
  ['07 34 37', 'pick_up', 'pickup_card', never],
  ['33', 'pick_up', 'expired_card', never],
  ['35 36', 'pick_up', 'restricted_card', never],
  ['41', 'pick_up', 'lost_card', never],
  ['43', 'pick_up', 'stolen_card', never],
  ['62', 'pick_up', 'restricted_card', never],
  ['R0', 'stop_order', 'stop_payment_order', never],
  ['R1', 'stop_order', 'revocation_of_authorization', never],
  ['R3', 'stop_order', 'revocation_of_all_authorizations', never],
  ['03', 'merchant', 'service_not_allowed'],
  ['12 40 24 31', 'merchant', 'transaction_not_allowed'],
  ['13', 'merchant', 'invalid_amount'],
  ['26 27 28 29 30', 'merchant', 'processing_error'],
  ['57', 'merchant', 'transaction_not_allowed'],
  ['58 93 5C', 'merchant', 'service_not_allowed'],
  ['81 D1 E1', 'merchant', 'processing_error'],
  ['91 92 90', 'away', 'issuer_not_available', later],
  ['25', 'state', 'processing_error'],
  ['64', 'state', 'invalid_amount'],
  ['79 84', 'state', 'transaction_not_allowed'],
  ['95', 'state', 'processing_error'],
  ['06 19 20 21 22 68 69 96', 'unsure'],
  ['09', 'unsure'],
  ['94', 'unsure'],
];

export const codeMeanings: ReadonlyMap<string, CodeMeaning> = new Map(
  rows.flatMap(([codes, kind, reason, advice]) =>
    codes.split(' ').map((code): [string, CodeMeaning] => [
      code,
      {
        class: kind,
        ...(reason === undefined ? {} : { reason }),
        ...(advice === undefined ? {} : { advice }),
      },
    ]),
  ),
);

export const meaningOf = (
  overrides: Readonly<Record<string, CodeMeaning>>,
  code: string,
): CodeMeaning | undefined =>
  Object.hasOwn(overrides, code) ? overrides[code] : codeMeanings.get(code);

const europeanEconomicArea: ReadonlySet<string> = new Set(
  `AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK`.split(
    ' ',
  ),
);

/** In the European Economic Area 65 asks for the holder; elsewhere it is a limit. */
export const inCountry = (
  code: string,
  meaning: CodeMeaning,
  country: string | null,
): CodeMeaning =>
  code === '65' && country !== null && europeanEconomicArea.has(country)
    ? { class: 'authentication', reason: 'authentication_required' }
    : meaning;
