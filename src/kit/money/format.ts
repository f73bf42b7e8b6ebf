// Amounts for people. The locale decides marks, order and signs; how many decimals there are is told
// to it, and the digits never pass through a floating point number.

import { sizeOf } from './round.ts';

/** `12.50`: plain digits with a point, for files and messages. */
export const decimalOf = (amount: bigint, exponent: number): string => {
  const digits = sizeOf(amount)
    .toString()
    .padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const sign = amount < 0n ? '-' : '';
  return exponent === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-exponent)}`;
};

export const formatMoney = (
  amount: bigint,
  { currency, exponent, locale }: { currency: string; exponent: number; locale: string },
): string =>
  new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: currency.toUpperCase(),
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
    // A string of digits is formatted exactly, however long it is.
  }).format(decimalOf(amount, exponent) as Intl.StringNumericLiteral);
