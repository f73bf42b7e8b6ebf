// Whether a charge may have that amount. A refusal is a value; the API turns it into words.

import { currencies, formatMoney } from '#kit/money';
import { apiExponent, stepOf } from './api-currency.ts';

export type AmountRefusal =
  | { readonly code: 'currency_unknown' }
  | { readonly code: 'amount_too_small'; readonly limit: bigint }
  | { readonly code: 'amount_too_large'; readonly limit: bigint }
  /** Its last digits must be zeros, since the currency has nothing so small. */
  | { readonly code: 'amount_not_in_steps'; readonly step: bigint };

/** Smallest charges, as documented, in the API's units. Elsewhere one step is enough. */
const smallest: Readonly<Record<string, bigint>> = {
  usd: 50n,
  aed: 200n,
  aud: 50n,
  bgn: 100n,
  brl: 50n,
  cad: 50n,
  chf: 50n,
  czk: 1_500n,
  dkk: 250n,
  eur: 50n,
  gbp: 30n,
  hkd: 400n,
  huf: 17_500n,
  inr: 50n,
  jpy: 50n,
  mxn: 1_000n,
  myr: 200n,
  nok: 300n,
  nzd: 50n,
  pln: 200n,
  ron: 200n,
  sek: 300n,
  sgd: 50n,
  thb: 1_000n,
};

const DIGITS = 8;
const moreDigits: Readonly<Record<string, number>> = { inr: 9, cop: 10, huf: 10, jpy: 10, idr: 12 };

export const smallestCharge = (code: string): bigint => smallest[code] ?? stepOf(code);

export const largestCharge = (code: string): bigint => {
  const largest = 10n ** BigInt(moreDigits[code] ?? DIGITS) - 1n;
  return largest - (largest % stepOf(code));
};

/** In the order of the API's own checks: currency, size, steps. */
export const checkCharge = (amount: bigint, code: string): AmountRefusal | null => {
  if (!currencies.has(code)) return { code: 'currency_unknown' };
  const [least, most] = [smallestCharge(code), largestCharge(code)];
  if (amount < least) return { code: 'amount_too_small', limit: least };
  if (amount > most) return { code: 'amount_too_large', limit: most };
  return checkSteps(amount, code);
};

/** Refunds and captures may be as small as a step. */
export const checkPart = (amount: bigint, code: string): AmountRefusal | null => {
  if (!currencies.has(code)) return { code: 'currency_unknown' };
  const step = stepOf(code);
  if (amount < step) return { code: 'amount_too_small', limit: step };
  return checkSteps(amount, code);
};

const checkSteps = (amount: bigint, code: string): AmountRefusal | null => {
  const step = stepOf(code);
  return amount % step === 0n ? null : { code: 'amount_not_in_steps', step };
};

/** `$0.50`, with the API's decimals. */
export const formatAmount = (amount: bigint, code: string, locale = 'en-US'): string =>
  formatMoney(amount, { currency: code, exponent: apiExponent(code), locale });

/** `$0.50 usd`, as error messages name limits. */
export const namedAmount = (amount: bigint, code: string): string =>
  `${formatAmount(amount, code)} ${code}`;
