// Canary cards: drawn by lot from ranges that networks issue, known nowhere else, so that whoever meets
// one of them outside of the vault has found a leak. And the spellings in which one might hide.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { brandOf, cvcLengthOf, hasIssuedLength, testCards } from '#cards/bins';

export type Canary = {
  readonly number: string;
  readonly cvc: string;
  readonly expMonth: number;
  readonly expYear: number;
};

export type Drawn = 'visa' | 'amex';

/** First digits and lengths. American Express comes often, because its codes have four digits. */
const ranges: readonly (readonly [prefix: string, ...lengths: number[]])[] = [
  ['4', 16],
  ['37', 15],
  ['52', 16],
  ['34', 15],
  ['2345', 16],
  ['6011', 16, 19],
  ['4', 13, 19],
  ['3714', 15],
  ['36', 14],
  ['3530', 16],
  ['37', 15],
  ['620', 16, 17, 18, 19],
  ['67', 13, 16, 18],
  ['6521', 16],
];

const drawnBefore = new Map<string, Canary>();

// Of one card its last four may be shown, beside the first six that it shares with others: as the code of one of those it would be
// taken for a find.
const lastFours = new Set<string>();
const codesOfFour = new Set<string>();

/** All that were ever drawn in this process. */
export const allCanaries = (): readonly Canary[] => [...drawnBefore.values()];

const documented: ReadonlySet<string> = new Set(testCards.map(({ number }) => number));

/** No two alike, and none that is documented anywhere. */
export const newCanary = (drawn?: Drawn): Canary => {
  for (;;) {
    const number = newNumber(drawn);
    if (drawnBefore.has(number) || documented.has(number)) continue;
    if (codesOfFour.has(number.slice(-4))) continue;
    assert.ok(brandOf(number) !== null && hasIssuedLength(number), number);
    const canary = {
      number,
      cvc: newCvc(number),
      expMonth: randomInt(1, 13),
      expYear: randomInt(2030, 2060),
    };
    drawnBefore.set(number, canary);
    lastFours.add(number.slice(-4));
    if (canary.cvc.length === 4) codesOfFour.add(canary.cvc);
    return canary;
  }
};

/** One that was drawn and is nowhere: finding its code would accuse it of what another left. */
export const forget = ({ number }: Canary): void => void drawnBefore.delete(number);

const newNumber = (drawn: Drawn | undefined): string => {
  const [prefix, length] = rangeFor(drawn);
  const digits = prefix + drawDigits(length - prefix.length - 1);
  const check = [...'0123456789'].find((digit) => passesLuhn(digits + digit));
  return digits + String(check);
};

const rangeFor = (drawn: Drawn | undefined): [string, number] => {
  if (drawn === 'visa') return ['4', 16];
  if (drawn === 'amex') return ['37', 15];
  const [prefix, ...lengths] = ranges[randomInt(ranges.length)] ?? ['4', 16];
  return [prefix, lengths[randomInt(lengths.length)] ?? 16];
};

const drawDigits = (count: number): string =>
  Array.from({ length: count }, () => randomInt(10)).join('');

/**
 * Nothing that documents show or that may be shown of the card. Codes of four digits begin with a zero,
 * as no number of anything else does, so that they may be looked for on their own. Not 333: digits in base64 or hex that are
 * unpacked half a byte out of step spell it, and `cSc` before it.
 */
const newCvc = (number: string): string => {
  for (;;) {
    const cvc = cvcLengthOf(number) === 4 ? `0${drawDigits(3)}` : drawDigits(3);
    const isKnown = /^(?:000|111|123|314|321|333|999|0\d00|0123)$/.test(cvc);
    if (!isKnown && !number.endsWith(cvc) && !lastFours.has(cvc)) return cvc;
  }
};

export const passesLuhn = (digits: string): boolean => {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const value = place % 2 === 1 ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
};

/** As the card shows it. */
export const groupsOf = (number: string): readonly string[] => {
  if (number.length === 15) return [number.slice(0, 4), number.slice(4, 10), number.slice(10)];
  if (number.length === 14) return [number.slice(0, 4), number.slice(4, 10), number.slice(10)];
  return number.match(/.{1,4}/g) ?? [];
};

export const spaced = (number: string): string => groupsOf(number).join(' ');
export const dashed = (number: string): string => groupsOf(number).join('-');

/** Every byte in the way that URLs and JSON have for bytes that need it. */
export const percent = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
export const escaped = (text: string): string =>
  [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

/** The eight ways in which a number might lie around, some of them in more than one dialect. */
export const encodings: Readonly<Record<string, (number: string) => Buffer>> = {
  plain: (number) => Buffer.from(number),
  'plain, in groups': (number) => Buffer.from(spaced(number)),
  base64: (number) => Buffer.from(Buffer.from(number).toString('base64')),
  'base64, in a document': (number) =>
    Buffer.from(Buffer.from(`{"number":"${number}","n":1}`).toString('base64url')),
  hex: (number) => Buffer.from(Buffer.from(number).toString('hex')),
  'hex, in groups': (number) => Buffer.from(Buffer.from(spaced(number)).toString('hex')),
  URL: (number) => Buffer.from(`number%5D=${percent(number)}`),
  'URL, in groups': (number) => Buffer.from(`%22${encodeURIComponent(spaced(number))}%22`),
  'reversed groups': (number) => Buffer.from(groupsOf(number).toReversed().join(' ')),
  'reversed digits': (number) => Buffer.from([...number].toReversed().join('')),
  'UTF-16': (number) => Buffer.from(number, 'utf16le'),
  'UTF-16, big end first': (number) => utf16be(spaced(number)),
  'JSON-escaped': (number) => Buffer.from(`{"number":"${escaped(number)}"}`),
  gzip: (number) => gzipSync(`a card of ${number} and more`),
  zlib: (number) => deflateSync(JSON.stringify({ card: { number } })),
};
