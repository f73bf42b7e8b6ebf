// Currencies by the number that card messages use, as bank files spell them: three letters, decimals. All of
// the standard: what a card may be charged in, a report has to name.

import { currencies, decimalOf } from '#kit/money';

const all = [...currencies.values()];
const byNumber = new Map(all.map((each) => [each.numeric, each]));
const numbers = new Map(all.map(({ code, numeric }) => [code.toUpperCase(), numeric]));

/** XXX is ISO 4217's own word for no currency. */
export const lettersOf = (currency: string): string =>
  byNumber.get(currency)?.code.toUpperCase() ?? 'XXX';
export const numberOf = (code: string): string | undefined => numbers.get(code);

/** How many digits stand after the point. */
export const exponentOf = (currency: string): number => byNumber.get(currency)?.exponent ?? 2;

/** Without a sign: bank files say credit or debit beside the amount. */
export const spellAmount = (amountMinor: bigint, currency: string): string =>
  decimalOf(amountMinor < 0n ? -amountMinor : amountMinor, exponentOf(currency));

/** Undefined where it is no amount of that currency: more digits than it has, a sign, a comma. */
export const readAmount = (text: string, currency: string): bigint | undefined => {
  const read = /^(\d{1,15})(?:\.(\d{1,5}))?$/.exec(text);
  const [, whole = '', fraction = ''] = read ?? [];
  const exponent = exponentOf(currency);
  const isTooFine = fraction.slice(exponent).replaceAll('0', '') !== '';
  if (read === null || isTooFine) return undefined;
  return BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
};
