// How an id is spelled at the edge: a prefix that names its kind and 22 letters and digits that carry
// the 128 bits. The spelling keeps the order of time.

import { type Uuid, uuidFromHex } from './uuid.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const WIDTH = 22;

// An answer spells some twenty ids. Dividing one bigint 22 times took 2.9 µs of each, dividing words 0.9: four
// letters at a time, in words so small that a rest and the next word are exact in a double.
const FOUR_LETTERS = 62 ** 4;
const DIGITS = 7;
const WORD = 16 ** DIGITS;
/** For what is being spelled or read: the first has what is left of its digits. */
const words = new Float64Array(32);
const ID_WORDS = 5;
const ID_DIGITS = 32;
const FIRST_DIGITS = ID_DIGITS - (ID_WORDS - 1) * DIGITS;

const pairs = [...ALPHABET].flatMap((first) => [...ALPHABET].map((second) => first + second));

export const spellId = (prefix: string, uuid: Uuid): string => {
  takeApart(uuid, ID_DIGITS);
  return `${prefix}_${spell(ID_WORDS, WIDTH)}`;
};

/** Uses the words up. */
const spell = (count: number, letters: number): string => {
  let spelled = '';
  // The number shrinks by 24 bits in each turn: what has become nothing is not divided again.
  let first = 0;
  while (spelled.length < letters) {
    let rest = 0;
    while (words[first] === 0 && first < count) first += 1;
    for (let at = first; at < count; at += 1) {
      const value = rest * WORD + words[at]!;
      const times = Math.floor(value / FOUR_LETTERS);
      words[at] = times;
      rest = value - times * FOUR_LETTERS;
    }
    const high = Math.floor(rest / pairs.length);
    spelled = pairs[high]! + pairs[rest - high * pairs.length]! + spelled;
  }
  return spelled.slice(-letters);
};

/** So many hexadecimal digits, and dashes that mean nothing; gives how many words they make. */
const takeApart = (hex: string, digits: number): number => {
  const count = Math.ceil(digits / DIGITS);
  let word = 0;
  let at = 0;
  let missing = digits - (count - 1) * DIGITS;
  for (let place = 0; place < hex.length; place += 1) {
    const code = hex.charCodeAt(place);
    if (code === DASH) continue;
    word = word * 16 + (code <= NINE ? code - ZERO : (code | LOWER_CASE) - BEFORE_A);
    missing -= 1;
    if (missing > 0) continue;
    words[at] = word;
    at += 1;
    word = 0;
    missing = DIGITS;
  }
  if (at !== count || missing !== DIGITS) throw new Error('These are not so many digits.');
  return count;
};

const DASH = 45;
const ZERO = 48;
const NINE = 57;
const LOWER_CASE = 32;
const BEFORE_A = 87;

const valueOf = new Int8Array(128).fill(-1);
for (let value = 0; value < ALPHABET.length; value += 1) {
  valueOf[ALPHABET.charCodeAt(value)] = value;
}

/** Null when it is not an id of that kind. Ids are compared byte for byte: there is one spelling. */
export const parseId = (prefix: string, spelled: string): Uuid | null => {
  if (spelled.length !== prefix.length + 1 + WIDTH || !spelled.startsWith(`${prefix}_`))
    return null;

  words.fill(0, 0, ID_WORDS);
  let place = prefix.length + 1;
  // Two letters first, then four at a time.
  for (let end = place + 2; end <= spelled.length; end += 4) {
    let more = 0;
    for (; place < end; place += 1) {
      const value = valueOf[spelled.charCodeAt(place)] ?? -1;
      if (value < 0) return null;
      more = more * 62 + value;
    }
    for (let at = ID_WORDS - 1; at >= 0; at -= 1) {
      const value = words[at]! * FOUR_LETTERS + more;
      more = Math.floor(value / WORD);
      words[at] = value - more * WORD;
    }
  }
  // Beyond 128 bits.
  if (words[0]! >= 16 ** FIRST_DIGITS) return null;

  let hex = hexOf(0, FIRST_DIGITS);
  for (let at = 1; at < ID_WORDS; at += 1) hex += hexOf(at, DIGITS);
  return uuidFromHex(hex);
};

const hexOf = (at: number, digits: number): string => words[at]!.toString(16).padStart(digits, '0');

/** Letters and digits with at least that many random bits, for secrets that people copy. */
export const spellBytes = (bytes: Buffer): string => {
  if (bytes.length > BYTES_MAX) throw new Error(`No more than ${BYTES_MAX} bytes are spelled.`);
  const count = takeApart(bytes.toString('hex'), bytes.length * 2);
  return spell(count, Math.ceil((bytes.length * 8) / Math.log2(62)));
};

const BYTES_MAX = Math.floor((words.length * DIGITS) / 2);
