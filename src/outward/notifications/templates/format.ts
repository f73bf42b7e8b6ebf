// Amounts, moments and cards as a reader of that language writes them.

import { formatAmount } from '#books/currencies';
import { wayToPay } from '#cards/methods';
import type { PaidWith } from './letter.ts';
import type { Locale } from './locales.ts';

/** Western digits everywhere: an amount is compared with a bank's statement. */
const tagOf = (locale: Locale): string => `${locale}-u-nu-latn`;

export const money = (amount: number, currency: string, locale: Locale): string =>
  formatAmount(BigInt(amount), currency, tagOf(locale));

/** We do not know where the reader is, and say which clock this is. */
export const moment = (ms: number, locale: Locale): string => {
  const format = new Intl.DateTimeFormat(tagOf(locale), {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return `${format.format(ms)} UTC`;
};

const brands: Readonly<Record<string, string>> = {
  amex: 'American Express',
  cartes_bancaires: 'Cartes Bancaires',
  diners: 'Diners Club',
  discover: 'Discover',
  eftpos_au: 'eftpos',
  jcb: 'JCB',
  mastercard: 'Mastercard',
  unionpay: 'UnionPay',
  visa: 'Visa',
};

export const cardName = ({ brand, last4 }: PaidWith): string =>
  last4 === null ? (wayToPay(brand)?.name ?? brand) : `${brands[brand] ?? ''} •••• ${last4}`.trim();
