// Card numbers and secrets that arrive where they do not belong. A number typed into a description
// would be stored, logged, searched and mailed in clear, so it is refused at the door, and no error
// text repeats it.

const separators = new Set([' ', '-', '\u00a0', '\u2009', '\u2010', '\u2011', '\u2012', '\u2013']);
const digitsMin = 13;
const digitsMax = 19;

/**
 * Which lengths each network issues, by first digits. Without it one in ten of all order numbers,
 * millisecond timestamps and phone numbers would pass Luhn and be refused.
 */
const issued: readonly { from: number; to: number; lengths: readonly number[] }[] = [
  { from: 22, to: 27, lengths: [16, 17, 18, 19] },
  { from: 30, to: 30, lengths: [14, 15, 16, 17, 18, 19] },
  { from: 34, to: 34, lengths: [15] },
  { from: 35, to: 35, lengths: [16, 17, 18, 19] },
  { from: 36, to: 36, lengths: [14, 15, 16, 17, 18, 19] },
  { from: 37, to: 37, lengths: [15] },
  { from: 38, to: 39, lengths: [14, 15, 16, 17, 18, 19] },
  { from: 40, to: 49, lengths: [13, 16, 18, 19] },
  { from: 50, to: 50, lengths: [13, 14, 15, 16, 17, 18, 19] },
  { from: 51, to: 55, lengths: [16] },
  { from: 56, to: 69, lengths: [13, 14, 15, 16, 17, 18, 19] },
  { from: 81, to: 82, lengths: [16, 17, 18, 19] },
  { from: 97, to: 97, lengths: [16] },
];

export type CardScan = {
  /** Identifiers are random letters and digits: a run inside a word is no number someone typed. */
  readonly wholeWords?: boolean;
};

/** Whether a card number stands in the text, plain or in groups. Linear in its length. */
export const containsCardNumber = (text: string, scan: CardScan = {}): boolean =>
  text.length >= digitsMin && findCardNumber(text, 0, scan.wholeWords === true) !== null;

/** Card numbers keep their last four digits, secret keys and client secrets their kind. */
export const maskSensitive = (text: string): string => maskSecrets(maskCardNumbers(text));

const secretPattern =
  /\b((?:sk|rk)_(?:test|live)_|whsec_|[a-z]{2,6}_[0-9A-Za-z]{1,64}_secret_)[0-9A-Za-z]{5,}/g;

const maskSecrets = (text: string): string =>
  text.includes('_') ? text.replace(secretPattern, '$1****') : text;

const maskCardNumbers = (text: string): string => {
  let masked = '';
  let from = 0;

  for (;;) {
    const found = findCardNumber(text, from, false);
    if (found === null) return from === 0 ? text : masked + text.slice(from);

    masked += `${text.slice(from, found.start)}****${text.slice(found.end - 4, found.end)}`;
    from = found.end;
  }
};

/** A caller's value as an error text may show it: masked, then short. */
export const echo = (text: string): string => {
  const masked = maskSensitive(text);
  return masked.length <= 100 ? masked : `${masked.slice(0, 60)}...${masked.slice(-20)}`;
};

/** `sk_test_****abcd`: enough to tell one's own keys apart, useless to anyone else. */
export const maskKey = (key: string): string => {
  const prefix = /^[a-z]{2}_(?:test|live)_/.exec(key)?.[0] ?? '';
  const rest = key.slice(prefix.length);
  const tail = rest.length >= 12 && /^[\x21-\x7e]+$/.test(rest) ? rest.slice(-4) : '';
  return `${prefix}****${tail}`;
};

type Span = { readonly start: number; readonly end: number };

const findCardNumber = (text: string, from: number, wholeWords: boolean): Span | null => {
  let position = from;

  while (position < text.length) {
    if (!isDigit(text.charCodeAt(position))) {
      position += 1;
      continue;
    }
    const groups = digitGroups(text, position);
    const found = cardAmong(text, groups, wholeWords);
    if (found !== null) return found;
    position = groups.at(-1)!.end;
  }
  return null;
};

/** Runs of digits with one separator between them: `4242 4242 4242 4242`. */
const digitGroups = (text: string, from: number): Span[] => {
  const groups: Span[] = [];
  let start = from;

  for (;;) {
    let end = start;
    while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
    groups.push({ start, end });

    const more = separators.has(text.charAt(end)) && isDigit(text.charCodeAt(end + 1));
    if (!more) return groups;
    start = end + 1;
  }
};

const cardAmong = (text: string, groups: readonly Span[], wholeWords: boolean): Span | null => {
  for (let first = 0; first < groups.length; first++) {
    let digits = '';

    for (let last = first; last < groups.length; last++) {
      const { start, end } = groups[last]!;
      if (digits.length + end - start > digitsMax) break;
      digits += text.slice(start, end);

      const span = { start: groups[first]!.start, end };
      const alone = last === first && !wholeWords;
      if (isCardNumber(digits) && (alone || standsAlone(text, span)) && !inUuid(text, span)) {
        return span;
      }
    }
  }
  return null;
};

const isCardNumber = (digits: string): boolean => {
  const { length } = digits;
  if (length < digitsMin || length > digitsMax) return false;

  const start = Number(digits.slice(0, 2));
  const range = issued.find(({ from, to }) => start >= from && start <= to);
  return range?.lengths.includes(length) === true && passesLuhn(digits);
};

const passesLuhn = (digits: string): boolean => {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const doubled = place % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
};

const standsAlone = (text: string, { start, end }: Span): boolean =>
  !isLetterOrDigit(text.charCodeAt(start - 1)) && !isLetterOrDigit(text.charCodeAt(end));

// A UUID whose last groups happen to be digits is what merchants most often put into metadata.
const uuidPattern = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

const inUuid = (text: string, { start, end }: Span): boolean => {
  const around = text.slice(Math.max(0, start - 36), end + 36);
  const offset = start - Math.max(0, start - 36);

  for (const match of around.matchAll(uuidPattern)) {
    const inside = match.index <= offset && match.index + 36 >= offset + (end - start);
    if (inside) return true;
  }
  return false;
};

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

const isLetterOrDigit = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
