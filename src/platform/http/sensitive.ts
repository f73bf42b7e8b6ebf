// Card numbers and secrets that arrive where they do not belong. A number typed into a description
// would be stored, logged, searched and mailed in clear, so it is refused at the door, and no error
// text repeats it.

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

/**
 * Whether a card number stands in the text, plain or in groups as cards have them. Linear in its length.
 * Any groups would do for one in ten of all order numbers of such a length (`402-1234567-1234567`), for
 * telephone numbers with spaces, and for keys made of several numbers: a payment must not fail for those.
 */
export const containsCardNumber = (text: string, scan: CardScan = {}): boolean =>
  text.length >= digitsMin &&
  findCardNumber(text, 0, { wholeWords: scan.wholeWords === true, asPrinted: true }) !== null;

/** Card numbers keep their last four digits, secret keys and client secrets their kind. */
export const maskSensitive = (text: string): string =>
  maskSecrets(maskSecurityCodes(maskCardNumbers(text)));

// A whole card where a token belongs is echoed as the hash or the text that it came as, with the code.
const securityCodePattern = /(c[vs][cv]2?\]?(?:\\*["'])?\s{0,9}[:=]\s{0,9}(?:\\*["'])?)\d{3,}/gi;

const maskSecurityCodes = (text: string): string => text.replace(securityCodePattern, '$1****');

const secretPattern =
  /\b((?:sk|rk)_(?:test|live)_|whsec_|[a-z]{2,6}_[0-9A-Za-z]{1,64}_secret_)[0-9A-Za-z]{5,}/g;

const maskSecrets = (text: string): string =>
  text.includes('_') ? text.replace(secretPattern, '$1****') : text;

const maskCardNumbers = (text: string): string => {
  let masked = '';
  let from = 0;

  for (;;) {
    // What is only shown may lose more than it must.
    const found = findCardNumber(text, from, { wholeWords: false, asPrinted: false });
    if (found === null) return from === 0 ? text : masked + text.slice(from);

    masked += `${text.slice(from, found.start)}****${lastFour(text, found)}`;
    from = found.end;
  }
};

const lastFour = (text: string, { start, end }: Span): string => {
  let last = '';
  for (let at = end - 1; at >= start && last.length < 4; at -= 1) {
    const digit = digitOf(text.charCodeAt(at));
    if (digit !== NONE) last = `${digit}${last}`;
  }
  return last;
};

/** A caller's value as an error text may show it: masked, then short. */
export const echo = (text: string): string => shorten(text, { whole: 100, head: 60, tail: 20 });

/**
 * Masks before it cuts, so that no half of a number is left. Only what can come to be shown is
 * masked: even a mask of eight characters for each number of 37 leaves enough of a thousand.
 */
export const shorten = (
  text: string,
  { whole, head, tail }: { whole: number; head: number; tail: number },
): string => {
  const long = text.length > 1_000;
  const masked = maskSensitive(long ? text.slice(0, 1_000) : text);
  if (!long && masked.length <= whole) return masked;

  const end = long ? maskSensitive(text.slice(-1_000)) : masked;
  return `${beginningOf(masked, head)}...${endOf(end, tail)}`;
};

/** At most so long, and never half a character at the cut: one of an emoji's two halves is no text in JSON. */
export const beginningOf = (text: string, lengthMax: number): string =>
  text.slice(0, lengthMax).replace(/[\ud800-\udbff]$/, '');

const endOf = (text: string, lengthMax: number): string =>
  text.slice(-lengthMax).replace(/^[\udc00-\udfff]/, '');

/** `sk_test_****abcd`: enough to tell one's own keys apart, useless to anyone else. */
export const maskKey = (key: string): string => {
  const prefix = /^[a-z]{2}_(?:test|live)_/.exec(key)?.[0] ?? '';
  const rest = key.slice(prefix.length);
  const tail = rest.length >= 12 && /^[\x21-\x7e]+$/.test(rest) ? rest.slice(-4) : '';
  return `${prefix}****${tail}`;
};

type Span = { readonly start: number; readonly end: number };
type Look = { readonly wholeWords: boolean; readonly asPrinted: boolean };

const SHORTEST = Math.min(...issued.flatMap(({ lengths }) => lengths));

/** From every run of digits on, as far as a number may reach: linear, whatever the text. */
const findCardNumber = (text: string, from: number, look: Look): Span | null => {
  if (text.length - from < SHORTEST) return null;
  let position = from;

  while (position < text.length) {
    if (digitOf(text.charCodeAt(position)) === NONE) {
      position += 1;
      continue;
    }
    const found = cardFrom(text, position, look);
    if (found !== null) return found;
    while (digitOf(text.charCodeAt(position)) !== NONE) position += 1;
  }
  return null;
};

/** The lengths issued for each pair of first digits, one bit per length. */
const lengthsByStart: readonly number[] = Array.from({ length: 100 }, (_, start) => {
  const range = issued.find(({ from, to }) => start >= from && start <= to);
  return (range?.lengths ?? []).reduce((bits, length) => bits | (1 << length), 0);
});

/**
 * Runs of digits with a separator between them, as in `4242 4242 4242 4242`. A number may end where
 * a run ends. Which digits Luhn doubles depends on the length, so both sums are kept on the way.
 */
const cardFrom = (text: string, start: number, look: Look): Span | null => {
  const groups: number[] = [];
  let isUsual = true;
  let digits = 0;
  let firstTwo = 0;
  let evenDoubled = 0;
  let oddDoubled = 0;

  for (let at = start, groupStart = start; ; at++) {
    const digit = digitOf(text.charCodeAt(at));
    if (digit !== NONE) {
      const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
      if (digits < 2) firstTwo = firstTwo * 10 + digit;
      evenDoubled += digits % 2 === 0 ? doubled : digit;
      oddDoubled += digits % 2 === 0 ? digit : doubled;
      digits += 1;
      if (digits > digitsMax) return null;
      if (digits === 2 && lengthsByStart[firstTwo] === 0) return null;
      continue;
    }

    const sum = digits % 2 === 0 ? evenDoubled : oddDoubled;
    const valid = sum % 10 === 0 && ((lengthsByStart[firstTwo] ?? 0) & (1 << digits)) !== 0;
    groups.push(at - groupStart);
    if (valid && (!look.asPrinted || isAsPrinted(groups, isUsual))) {
      const span = { start, end: at };
      const inOneRun = groupStart === start && !look.wholeWords;
      if (inOneRun || (standsAlone(text, span) && !inUuid(text, span))) return span;
    }
    const separated = separatorAt(text, at);
    if (separated === 0 || digitOf(text.charCodeAt(at + separated)) === NONE) return null;
    isUsual &&= separated === 1 && isUsualSeparator(text.charCodeAt(at));
    groupStart = at + separated;
    at += separated - 1;
  }
};

const otherGroups = new Set(['4-6-5', '4-6-4']);

/**
 * In one, in fours or several of them, or in smaller groups of one size, with what is left over at the end; American Express
 * and Diners have their own. Three numbers of five digits make up a key more often than a card. Between unusual signs (dots,
 * slashes, several at once) only what looks like a card at first sight is one: lists of prices, dates and paths have these.
 */
const isAsPrinted = (groups: readonly number[], isUsual: boolean): boolean => {
  const [first = 0] = groups;
  const last = groups.at(-1) ?? 0;
  const before = groups.slice(0, -1);
  if (!isUsual) {
    return (
      (groups.length > 3 && before.every((size) => size === 4) && last <= 4) ||
      otherGroups.has(groups.join('-'))
    );
  }
  return (
    (before.every((size) => size % 4 === 0) && (last < 4 || last % 4 === 0)) ||
    groups.length === 1 ||
    (first < 4 && before.every((size) => size === first) && last <= first) ||
    otherGroups.has(groups.join('-'))
  );
};

const standsAlone = (text: string, { start, end }: Span): boolean =>
  !isLetterOrDigit(text.charCodeAt(start - 1)) && !isLetterOrDigit(text.charCodeAt(end));

// A UUID whose last groups happen to be digits is what merchants most often put into metadata. The
// span begins with one of its five groups.
const uuidPattern = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/iy;
const uuidGroups = [0, 9, 14, 19, 24];

const inUuid = (text: string, { start, end }: Span): boolean =>
  uuidGroups.some((offset) => {
    uuidPattern.lastIndex = start - offset;
    return start >= offset && uuidPattern.test(text) && start - offset + 36 >= end;
  });

/** How long what stands between two groups is: up to three such signs, or one as a URL spells it. Zero: it is something else. */
const separatorAt = (text: string, at: number): number => {
  if (text.charCodeAt(at) === 0x25) return spelledInUrl.has(text.slice(at, at + 3)) ? 3 : 0;
  let length = 0;
  while (length < 3 && isSeparator(text.charCodeAt(at + length))) length += 1;
  return length;
};

const spelledInUrl = new Set(['%20', '%2D', '%2d', '%2E', '%2e', '%2F', '%2f']);

/** White space, a dash, what typography and copying from tables make of them, and marks that nobody sees. */
const isUsualSeparator = (code: number): boolean =>
  code === 0x20 ||
  code === 0x2d ||
  (code >= 0x09 && code <= 0x0d) ||
  code === 0xa0 ||
  code === 0xad ||
  (code >= 0x2000 && code <= 0x2015) ||
  (code >= 0x202a && code <= 0x202f) ||
  (code >= 0x2060 && code <= 0x2069) ||
  code === 0x3000 ||
  code === 0xfeff;

/** Also a plus sign, a dot, a slash, a line below, a dot in the middle and a minus sign. */
const isSeparator = (code: number): boolean =>
  isUsualSeparator(code) ||
  code === 0x2b ||
  code === 0x2e ||
  code === 0x2f ||
  code === 0x5f ||
  code === 0xb7 ||
  code === 0x2212;

const NONE = -1;

/** Where the digits of each script begin that Unicode writes with one unit. */
const zeros = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
  0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0,
  0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];
const digitOfScript = new Int8Array(0x10000).fill(NONE);
for (const zero of zeros) {
  for (let digit = 0; digit < 10; digit += 1) digitOfScript[zero + digit] = digit;
}

/** Whatever a keyboard writes for it. */
const digitOf = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48;
  // Behind the end of a text there is none.
  return code < 0x660 ? NONE : (digitOfScript[code] ?? NONE);
};

/** How many digits stand in it, in whatever script. */
export const countDigits = (text: string): number => {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) if (digitOf(text.charCodeAt(at)) !== NONE) count += 1;
  return count;
};

const isLetterOrDigit = (code: number): boolean =>
  digitOf(code) !== NONE || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
