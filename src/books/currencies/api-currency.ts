// How the API counts a currency: its decimals, and in which steps. Clients send and read amounts that
// way, so the books hold them that way too.

import { currencyOf } from '#kit/money';

/** Where the API's decimals are not those of ISO 4217, as Stripe documents them. */
const otherDecimals: Readonly<Record<string, number>> = {
  // Became decimal-free after Stripe had begun with two.
  isk: 2,
  ugx: 2,
  // A fifth is its smallest coin; Stripe counts whole ones.
  mga: 0,
};

const wholeHundreds = new Set(['isk', 'ugx']);

export const apiExponent = (code: string): number =>
  otherDecimals[code] ?? currencyOf(code).exponent;

/** Every amount is a multiple of it. */
export const stepOf = (code: string): bigint => {
  if (wholeHundreds.has(code)) return 100n;
  return apiExponent(code) === 3 ? 10n : 1n;
};
