// The least and the most that can be charged, per currency. The least is what fees would not eat up; the
// most is eight digits, as Stripe takes.

import { refuse } from '#platform/http';

const least: Readonly<Record<string, number>> = {
  usd: 50,
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
};

const LARGEST = 99_999_999;
const LARGEST_OF_SMALL_UNITS = 999_999_999_999;
/** Currencies whose everyday amounts have many digits. */
const smallUnits: ReadonlySet<string> = new Set(['cop', 'huf', 'idr', 'irr', 'lbp', 'vnd']);

export const checkAmount = (amount: number, currency: string, param = 'amount'): void => {
  const minimum = least[currency] ?? 1;
  if (amount < minimum) {
    throw refuse('amount_too_small', {
      message: `Amount must be at least ${spellAmount(minimum, currency)}`,
      param,
    });
  }
  const maximum = smallUnits.has(currency) ? LARGEST_OF_SMALL_UNITS : LARGEST;
  if (amount > maximum) {
    throw refuse('amount_too_large', {
      message: `Amount must be no more than ${spellAmount(maximum, currency).replace(/ \w+$/, '')}`,
      param,
    });
  }
};

const symbols: Readonly<Record<string, string>> = { usd: '$', eur: '€', gbp: '£', jpy: '¥' };
const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
    .maximumFractionDigits ?? 2;

/** `$0.50 usd` */
export const spellAmount = (amount: number, currency: string): string => {
  const digits = digitsOf(currency);
  const value = (amount / 10 ** digits).toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${symbols[currency] ?? ''}${value} ${currency}`;
};
