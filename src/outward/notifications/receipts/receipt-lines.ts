// What stands on a receipt, for the page and for the PDF. Pure.

import { cardName, type Locale, moment, money, wordsOf } from '../templates/index.ts';
import type { Line, Receipt } from './receipt.ts';

export const linesOf = (receipt: Receipt, locale: Locale): Line[] => {
  const words = wordsOf(locale);
  const lines: (readonly [string, string | null])[] = [
    [words.receipt_number, receipt.number],
    [words.date, moment(receipt.atMs, locale)],
    [words.paid_with, receipt.paidWith === null ? null : cardName(receipt.paidWith)],
    [words.on_statement, receipt.statementDescriptor],
    [words.description, receipt.description],
  ];
  return lines.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
};

export const sumsOf = (receipt: Receipt, locale: Locale): Line[] => {
  const words = wordsOf(locale);
  const sumOf = (amount: bigint): string => money(Number(amount), receipt.currency, locale);
  const paid = { label: words.amount_paid, value: sumOf(receipt.amount) };
  if (receipt.refunded === 0n) return [paid];
  return [paid, { label: words.refunded_in_all, value: sumOf(receipt.refunded) }];
};

export const refundLinesOf = (receipt: Receipt, locale: Locale): Line[] => {
  const words = wordsOf(locale);
  return receipt.refunds.map(({ atMs, amount, state }) => {
    const when = moment(atMs, locale);
    const note =
      state === 'succeeded'
        ? ''
        : ` (${state === 'failed' ? words.refund_failed : words.refund_pending})`;
    return { label: `${when}${note}`, value: money(Number(amount), receipt.currency, locale) };
  });
};
