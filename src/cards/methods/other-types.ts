// Ways to pay that are no cards: which there are, and what each one's hash may hold. They are kept and
// shown; which of them can be used is decided by the providers that are connected. Debits of bank
// accounts are not among them: they come with mandates.

import { integer, object, oneOf, required, text } from '#platform/http';
import { banksOf, bicOf } from './banks.ts';

const nothing = object({});
const day = required(integer());

/** Type to the schema of its hash. */
export const otherTypes = {
  affirm: nothing,
  afterpay_clearpay: nothing,
  alipay: nothing,
  alma: nothing,
  amazon_pay: nothing,
  bancontact: nothing,
  billie: nothing,
  bizum: nothing,
  blik: nothing,
  boleto: object({ tax_id: required(text(20)) }),
  cashapp: nothing,
  crypto: nothing,
  customer_balance: nothing,
  eps: object({ bank: oneOf(...banksOf.eps) }),
  fpx: object({
    account_holder_type: oneOf('company', 'individual'),
    bank: required(oneOf(...banksOf.fpx)),
  }),
  giropay: nothing,
  grabpay: nothing,
  ideal: object({ bank: oneOf(...banksOf.ideal) }),
  kakao_pay: nothing,
  klarna: object({ dob: object({ day, month: day, year: day }) }),
  konbini: nothing,
  kr_card: nothing,
  link: nothing,
  mb_way: nothing,
  mobilepay: nothing,
  multibanco: nothing,
  naver_pay: object({ funding: oneOf('card', 'points') }),
  oxxo: nothing,
  p24: object({ bank: oneOf(...banksOf.p24) }),
  pay_by_bank: nothing,
  payco: nothing,
  paynow: nothing,
  paypal: nothing,
  paypay: nothing,
  pix: nothing,
  promptpay: nothing,
  revolut_pay: nothing,
  samsung_pay: nothing,
  satispay: nothing,
  scalapay: nothing,
  sequra: nothing,
  sofort: object({ country: required(oneOf('AT', 'BE', 'DE', 'ES', 'IT', 'NL')) }),
  sunbit: nothing,
  swish: nothing,
  twint: nothing,
  upi: object({
    mandate_options: object({
      amount: integer(),
      amount_type: oneOf('fixed', 'maximum'),
      description: text(),
      end_date: integer(),
    }),
  }),
  wechat_pay: nothing,
  zip: nothing,
} as const;

export type OtherType = keyof typeof otherTypes;

export const otherTypeNames = Object.keys(otherTypes) as readonly OtherType[];

export const isOtherType = (type: string): type is OtherType => Object.hasOwn(otherTypes, type);

/** Of these the hash itself has to be there, because something in it has to. */
export const needsHash = (type: OtherType): boolean => ['boleto', 'fpx', 'sofort'].includes(type);

type Given = Readonly<Record<string, unknown>>;

/** What is shown in the hash: what was given, and null for what only the provider will tell. */
export const shownOf = (type: OtherType, given: Given): Record<string, unknown> => {
  switch (type) {
    case 'boleto':
      return { tax_id: given['tax_id'] };
    case 'bizum':
    case 'blik':
      return { buyer_id: null };
    case 'cashapp':
      return { buyer_id: null, cashtag: null };
    case 'eps':
    case 'p24':
      return { bank: given['bank'] ?? null };
    case 'fpx':
      return { account_holder_type: given['account_holder_type'] ?? null, bank: given['bank'] };
    case 'ideal':
      return { bank: given['bank'] ?? null, bic: bicOf(given['bank']) };
    case 'klarna':
      return { dob: given['dob'] ?? null };
    case 'kr_card':
      return { brand: null, last4: null };
    case 'link':
      return { email: null };
    case 'naver_pay':
      return { buyer_id: null, funding: given['funding'] ?? 'card' };
    case 'paypal':
      return { country: null, payer_email: null, payer_id: null };
    case 'pix':
      return { fingerprint: null };
    case 'sofort':
      return { country: given['country'] ?? null };
    case 'upi':
      return { vpa: null };
    default:
      return {};
  }
};
