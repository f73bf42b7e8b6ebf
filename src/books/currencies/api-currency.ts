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

const wholeHundreds = { charge: new Set(['isk', 'ugx']), payout: new Set(['huf', 'twd']) };

export const apiExponent = (code: string): number =>
  otherDecimals[code] ?? currencyOf(code).exponent;

/** Every amount is a multiple of it. */
export const stepOf = (code: string, use: 'charge' | 'payout'): bigint => {
  if (wholeHundreds.charge.has(code)) return 100n;
  if (use === 'payout' && wholeHundreds.payout.has(code)) return 100n;
  return apiExponent(code) === 3 ? 10n : 1n;
};

/** To the currency's own smallest unit, for those who count by the standard. Null: it would lose a digit. */
export const toIsoMinor = (amount: bigint, code: string): bigint | null =>
  rescale(amount, apiExponent(code), currencyOf(code).exponent);

export const fromIsoMinor = (amount: bigint, code: string): bigint | null =>
  rescale(amount, currencyOf(code).exponent, apiExponent(code));

const rescale = (amount: bigint, from: number, to: number): bigint | null => {
  if (to >= from) return amount * 10n ** BigInt(to - from);
  const by = 10n ** BigInt(from - to);
  return amount % by === 0n ? amount / by : null;
};
