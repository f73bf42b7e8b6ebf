// What a log may show of a message. The rules of this file hold for every dialect and cannot be
// lifted by one.

import { passesLuhn } from '#kit/log';

/**
 * `clear` shows a value, `number` its ends, `original` what original data name besides institutions,
 * `parts` each part by its own rule, `hidden` only how long it is.
 */
export type Masking = 'clear' | 'number' | 'original' | 'parts' | 'hidden';

export const alwaysMasked: Readonly<Record<number, Masking>> = {
  2: 'number',
  14: 'hidden',
  34: 'hidden',
  35: 'hidden',
  36: 'hidden',
  45: 'hidden',
  52: 'hidden',
  // What comes back in 55 is shown tag by tag, by the list below.
  55: 'parts',
  90: 'original',
  102: 'hidden',
  103: 'hidden',
};

/** Chip data that says nothing of the card or its holder. Tags that are not here are hidden. */
export const clearTags: ReadonlySet<string> = new Set([
  '5F2A', // currency
  '82', // interchange profile
  '84', // application
  '8A', // response code
  '91', // issuer authentication
  '95', // terminal's verification
  '9A', // date
  '9B', // status
  '9C', // type
  '9F02', // amount
  '9F03', // other amount
  '9F06', // application
  '9F09', // version
  '9F1A', // country of the terminal
  '9F26', // cryptogram
  '9F27', // kind of cryptogram
  '9F33', // terminal's capabilities
  '9F34', // verification of the holder
  '9F35', // kind of terminal
  '9F36', // counter
  '9F37', // unpredictable number
  '9F41', // sequence
]);

const STARS = '*'.repeat(256);

/** First six and last four of a long number, last four of a short one, nothing of what is shorter. */
export const maskNumber = (number: string): string => {
  const { length } = number;
  const first = length >= 15 ? 6 : 0;
  const last = length >= 12 ? 4 : 0;
  return (
    number.slice(0, first) + STARS.slice(0, length - first - last) + number.slice(length - last)
  );
};

const CARD_DIGITS_MIN = 13;
const CARD_DIGITS_MAX = 19;
const longRuns = /\d(?:[ -]?\d){12,}/g;

/**
 * The last net: the card's own number anywhere, any number that could be one, and digits so many that
 * one could stand among them. No card begins with 0, so zeros in front of an amount do not count.
 */
export const withoutCards = (text: string, own: readonly string[]): string => {
  let clean = text;
  for (const number of own) clean = clean.replaceAll(number, maskNumber(number));
  return clean.replace(longRuns, (run) => {
    const digits = run.replaceAll(/[ -]/g, '').replace(/^0+/, '');
    if (digits.length < CARD_DIGITS_MIN) return run;
    if (digits.length > CARD_DIGITS_MAX) return `[${run.length} hidden]`;
    return passesLuhn(digits) ? maskNumber(digits) : run;
  });
};
