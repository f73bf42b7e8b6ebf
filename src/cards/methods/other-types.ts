// Ways to pay that are no cards: which there are, and what each one's hash may hold. They are kept and
// shown; which of them can be used is decided by the providers that are connected.

import { emptyable, object, oneOf, text } from '#platform/http';

const nothing = object({});

/** Type to the schema of its hash. */
export const otherTypes = {
  affirm: nothing,
  afterpay_clearpay: nothing,
  alipay: nothing,
  alma: nothing,
  amazon_pay: nothing,
  bancontact: nothing,
  billie: nothing,
  blik: nothing,
  boleto: object({ tax_id: text(20) }),
  cashapp: nothing,
  eps: object({ bank: text(60) }),
  giropay: nothing,
  grabpay: nothing,
  ideal: object({ bank: text(60) }),
  kakao_pay: nothing,
  klarna: object({ dob: object({ day: text(2), month: text(2), year: text(4) }) }),
  konbini: nothing,
  kr_card: nothing,
  link: nothing,
  mb_way: nothing,
  mobilepay: nothing,
  multibanco: nothing,
  naver_pay: object({ funding: oneOf('card', 'points') }),
  oxxo: nothing,
  p24: object({ bank: text(60) }),
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
  sofort: object({ country: text(2) }),
  sunbit: nothing,
  swish: nothing,
  twint: nothing,
  upi: object({ vpa: emptyable(text(100)) }),
  wechat_pay: nothing,
  zip: nothing,
} as const;

export type OtherType = keyof typeof otherTypes;

export const otherTypeNames = Object.keys(otherTypes) as readonly OtherType[];

export const isOtherType = (type: string): type is OtherType => Object.hasOwn(otherTypes, type);

/** What is shown in the hash: what was given, and null for what was not. */
export const shownOf = (
  type: OtherType,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const names = Object.keys(
    (otherTypes[type] as { properties?: Record<string, unknown> }).properties ?? {},
  ).filter((name) => name !== 'tax_id' && name !== 'dob');
  return Object.fromEntries(names.map((name) => [name, given[name] ?? null]));
};
