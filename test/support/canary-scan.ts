// Looks for a thousand numbers in all their spellings at once, in one walk over the bytes. Nearly every
// spelling of a number is the same decimal digits, or other decimal digits (hex of ASCII digits is
// `34 32 …`), with something between them: so the walk follows digits over short gaps, and looks the
// last eight up in a table of how forms begin. What hides digits altogether (base64, hex of longer
// things, gzip, zlib) is unpacked where it is met, and walked again.
//
// PostgreSQL may compress long values by a method of its own, which is not undone here: that is why
// tables are looked at as text too, besides their files.

import { constants, inflateRawSync, inflateSync } from 'node:zlib';
import { type Canary, groupsOf } from './canary-cards.ts';

export type Finding = {
  readonly where: string;
  /** The number of the card that was found. */
  readonly number: string;
  readonly what: string;
  /** What stands there and around it, as far as it can be printed. */
  readonly excerpt: string;
};

export type Scanner = {
  scan(where: string, bytes: Buffer | string): void;
  readonly findings: readonly Finding[];
  /** How much was walked over, as it came. */
  readonly bytesRead: number;
};

export const createScanner = (canaries: readonly Canary[]): Scanner => {
  const findings = new Map<string, Finding>();
  const table = tableOf(canaries);
  let bytesRead = 0;

  return {
    scan: (where, given) => {
      const bytes = typeof given === 'string' ? Buffer.from(given) : given;
      bytesRead += bytes.length;
      const walk: Walk = {
        ...table,
        found: (number, what, excerpt) => {
          findings.set(`${where}\n${number}\n${what}`, { where, number, what, excerpt });
        },
      };
      walkOver(walk, bytes, 0);
    },
    get findings() {
      return [...findings.values()];
    },
    get bytesRead() {
      return bytesRead;
    },
  };
};

type Form = {
  readonly digits: string;
  readonly number: string;
  readonly what: string;
  /** A part of a number is found only where nothing stands between its digits. */
  readonly isPart: boolean;
};

type Table = {
  /** One bit for each way in which eight digits of a form begin. */
  readonly begins: Uint8Array;
  readonly forms: ReadonlyMap<number, readonly Form[]>;
  readonly cvcs: ReadonlyMap<string, readonly Canary[]>;
  /** Cards with codes of four digits, by what may be known of them: first six, last four. */
  readonly byFact: ReadonlyMap<string, readonly Canary[]>;
};

type Walk = Table & { readonly found: (number: string, what: string, excerpt: string) => void };

const HEAD = 8;

const tableOf = (canaries: readonly Canary[]): Table => {
  const begins = new Uint8Array(10 ** HEAD / 8);
  const forms = new Map<number, Form[]>();
  const cvcs = new Map<string, Canary[]>();
  const byFact = new Map<string, Canary[]>();
  const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [value]);
    else list.push(value);
  };

  for (const canary of canaries) {
    for (const form of formsOf(canary.number)) {
      const head = Number(form.digits.slice(0, HEAD));
      begins[head >> 3] = (begins[head >> 3] ?? 0) | (1 << (head & 7));
      push(forms, head, form);
    }
    push(cvcs, canary.cvc, canary);
    if (canary.cvc.length !== 4) continue;
    push(byFact, canary.number.slice(-4), canary);
    push(byFact, canary.number.slice(0, 6), canary);
  }
  return { begins, forms, cvcs, byFact };
};

/** Thirteen digits of a longer number are as bad: what may be shown are six and four. */
const PART = 13;

const formsOf = (number: string): Form[] => {
  const spelled = new Map([
    [number, 'as it is'],
    [[...number].toReversed().join(''), 'digits reversed'],
    [groupsOf(number).toReversed().join(''), 'groups reversed'],
    [(number.match(/.{1,4}/g) ?? []).toReversed().join(''), 'groups of four reversed'],
  ]);
  return [...spelled].flatMap(([digits, how]) => {
    const parts = digits.length > PART ? [digits.slice(0, PART), digits.slice(-PART)] : [];
    return [digits, ...parts].flatMap((text) =>
      Object.entries(asDigits).map(([encoding, encode]) => ({
        digits: encode(text),
        number,
        what: `${how}${text === digits ? '' : ', in part'}${encoding}`,
        isPart: text !== digits,
      })),
    );
  });
};

const eachDigit = (text: string, spell: (digit: string) => string): string =>
  [...text].map(spell).join('');

/** Encodings whose letters are decimal digits again, and what stands between them does not matter. */
const asDigits: Readonly<Record<string, (text: string) => string>> = {
  '': (text) => text,
  ', as hex': (text) => eachDigit(text, (digit) => `3${digit}`),
  ', as hex of UTF-16': (text) => eachDigit(text, (digit) => `003${digit}`),
  ', as hex of UTF-16, little end first': (text) => eachDigit(text, (digit) => `3${digit}00`),
  ', as decimal codes': (text) => eachDigit(text, (digit) => String(48 + Number(digit))),
};

const DEPTH_MAX = 3;

const walkOver = (walk: Walk, bytes: Buffer, depth: number): void => {
  followDigits(walk, bytes);
  lookForCodes(walk, bytes);
  if (depth === DEPTH_MAX) return;
  unpackRuns(bytes, (unpacked) => walkOver(walk, unpacked, depth + 1));
  decompress(bytes, (unpacked) => walkOver(walk, unpacked, depth + 1));
};

const excerptAt = (bytes: Buffer, at: number): string =>
  latin1(bytes, Math.max(0, at - 100), Math.min(bytes.length, at + 100)).replaceAll(
    /[^\x20-\x7e]+/g,
    ' ',
  );

const latin1 = (bytes: Buffer, from?: number, to?: number): string =>
  bytes.toString('latin1', from, to);

// Digits.

/** Escapes of escapes are the longest that stand between two digits of one thing: `\\\\\\\\u0034`. */
const GAP_MAX = 6;

const followDigits = (walk: Walk, bytes: Buffer): void => {
  const { begins } = walk;
  let head = 0;
  let count = 0;
  let together = 0;
  let gap = 0;

  for (let at = 0; at < bytes.length; at += 1) {
    const code = bytes[at] as number;
    if (code >= 48 && code <= 57) {
      head = (head % 10_000_000) * 10 + code - 48;
      count += 1;
      together += 1;
      gap = 0;
      if (count >= HEAD && ((begins[head >> 3] as number) & (1 << (head & 7))) !== 0) {
        confirm(walk, bytes, { at, head, isTogether: together >= HEAD });
      }
      continue;
    }
    if (together === 4 || together === 6) lookNearby(walk, bytes, at - together, at);
    together = 0;
    const escaped = separatorAt(bytes, at);
    // It may be no escape, but a byte before a number: PostgreSQL has a `%` before a value of 17 bytes.
    if (escaped > 0) beginAt(walk, bytes, at + 1);
    at += escaped;
    gap += 1;
    if (gap > GAP_MAX) count = 0;
  }
  if (together === 4 || together === 6) {
    lookNearby(walk, bytes, bytes.length - together, bytes.length);
  }
};

/** Whether the first digits from here on begin a form. */
const beginAt = (walk: Walk, bytes: Buffer, from: number): void => {
  let head = 0;
  for (let at = from, count = 0, gap = 0; at < bytes.length && gap <= GAP_MAX; at += 1) {
    const code = bytes[at] as number;
    if (code < 48 || code > 57) {
      gap += 1;
      continue;
    }
    head = head * 10 + code - 48;
    gap = 0;
    count += 1;
    if (count < HEAD) continue;
    const isTogether = at - from === HEAD - 1;
    if (((walk.begins[head >> 3] as number) & (1 << (head & 7))) !== 0) {
      confirm(walk, bytes, { at, head, isTogether });
    }
    return;
  }
};

const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const separator = /^(?:%(?:20|2d|2b|22|3d|3a|c2|a0|00)|\\u00(?:20|2d|a0|00)|\\x(?:20|2d|00))/i;

/** How many more bytes belong to an escaped separator, whose own digits do not count. */
const separatorAt = (bytes: Buffer, at: number): number => {
  if (bytes[at] !== PERCENT && bytes[at] !== BACKSLASH) return 0;
  const [found = ' '] = separator.exec(latin1(bytes, at, at + 6)) ?? [];
  return found.length - 1;
};

const confirm = (
  walk: Walk,
  bytes: Buffer,
  from: { readonly at: number; readonly head: number; readonly isTogether: boolean },
): void => {
  const forms = walk.forms.get(from.head) ?? [];
  const longest = Math.max(...forms.map(({ digits }) => digits.length)) - HEAD;
  let rest = '';
  let together = 0;
  let isTogether = from.isTogether;

  for (let at = from.at + 1, gap = 0; at < bytes.length && rest.length < longest; at += 1) {
    const code = bytes[at] as number;
    if (code >= 48 && code <= 57) {
      rest += String.fromCharCode(code);
      gap = 0;
      if (isTogether) together += 1;
      continue;
    }
    isTogether = false;
    at += separatorAt(bytes, at);
    gap += 1;
    if (gap > GAP_MAX) break;
  }
  for (const { digits, isPart, number, what } of forms) {
    const seen = isPart ? rest.slice(0, from.isTogether ? together : 0) : rest;
    if (seen.startsWith(digits.slice(HEAD))) walk.found(number, what, excerptAt(bytes, from.at));
  }
};

// Security codes. Three digits occur everywhere, so what counts is where they stand: after a name for
// such a code, or, with four digits, within reach of what tells the card.

const codeName = /c\0?[vs]\0?[cv]|security.?code|verification.?(?:value|code)/gi;
const codeAfter =
  /^2?(?:\0?[a-z_\]]){0,12}(?:%[0-9a-f]{2}|\\u00[0-9a-f]{2}|\\x[0-9a-f]{2}|[^0-9a-z,;}\n]){1,10}?(\d\0?\d\0?\d\0?\d?)(?![0-9a-z-])/i;

const lookForCodes = (walk: Walk, bytes: Buffer): void => {
  const text = latin1(bytes);
  for (const { index, 0: name } of text.matchAll(codeName)) {
    const after = text.slice(index + name.length, index + name.length + 48);
    const code = codeAfter.exec(after)?.[1]?.replaceAll('\0', '');
    if (code === undefined) continue;
    for (const { number } of walk.cvcs.get(code) ?? [])
      walk.found(number, `its CVC ${code}`, excerptAt(bytes, index));
  }
};

const NEARBY = 64;
const codeAlone = /(?<![0-9a-z.-])\d{4}(?![0-9a-z.-])/gi;

const lookNearby = (walk: Walk, bytes: Buffer, from: number, to: number): void => {
  if (!standsAlone(bytes, from, to)) return;
  const canaries = walk.byFact.get(latin1(bytes, from, to));
  if (canaries === undefined) return;
  const start = Math.max(0, from - NEARBY);
  const around = [
    latin1(bytes, start, from),
    latin1(bytes, to, Math.min(bytes.length, to + NEARBY)),
  ].join('\n');
  for (const [code] of around.matchAll(codeAlone)) {
    for (const { cvc, number } of canaries) {
      if (cvc !== code) continue;
      walk.found(number, `its CVC ${code} beside what is known of it`, excerptAt(bytes, from));
    }
  }
};

const standsAlone = (bytes: Buffer, from: number, to: number): boolean =>
  !(isWord[bytes[from - 1] ?? 0] || isWord[bytes[to] ?? 0]);

// What is packed.

const tableFor = (pattern: RegExp): boolean[] =>
  Array.from({ length: 256 }, (_, code) => pattern.test(String.fromCharCode(code)));
const isWord = tableFor(/[0-9A-Za-z]/);
const isHex = tableFor(/[0-9A-Fa-f]/);
const isBase64 = tableFor(/[0-9A-Za-z+/_-]/);

/** Thirteen bytes, and one letter more at either end where it begins in the middle. */
const HEX_MIN = 26;
const BASE64_MIN = 17;

const unpackRuns = (bytes: Buffer, then: (unpacked: Buffer) => void): void => {
  eachRun(bytes, isHex, HEX_MIN, (text) => {
    then(Buffer.from(text.slice(0, text.length & ~1), 'hex'));
    const shifted = text.slice(1);
    then(Buffer.from(shifted.slice(0, shifted.length & ~1), 'hex'));
  });
  eachRun(bytes, isBase64, BASE64_MIN, (text) => {
    // No spelling of digits in base64 has letters of hex alone.
    if (/^[0-9a-f]+$/i.test(text)) return;
    for (let skipped = 0; skipped < 4; skipped += 1) {
      then(Buffer.from(text.slice(skipped), 'base64'));
    }
  });
};

const NEWLINE = 10;
/** Mail and PEM break their lines at 76 and at 64. */
const LINE_MIN = 60;

const eachRun = (
  bytes: Buffer,
  belongs: readonly boolean[],
  least: number,
  then: (text: string) => void,
): void => {
  let from = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    if (at < bytes.length) {
      const code = bytes[at] as number;
      if (belongs[code] || (code === NEWLINE && at - from >= LINE_MIN)) continue;
    }
    if (at - from >= least) then(latin1(bytes, from, at).replaceAll('\n', ''));
    from = at + 1;
  }
};

const gzipMark = Buffer.from([0x1f, 0x8b, 0x08]);
const zlibMarks = [0x01, 0x5e, 0x9c, 0xda].map((level) => Buffer.from([0x78, level]));

const decompress = (bytes: Buffer, then: (unpacked: Buffer) => void): void => {
  eachMark(bytes, gzipMark, (rest) => inflateRawSync(rest.subarray(headOf(rest)), lenient), then);
  for (const mark of zlibMarks) {
    eachMark(bytes, mark, (rest) => inflateSync(rest, lenient), then);
  }
};

/** Of a gzip member: ten bytes, and what its flags announce. What follows a member is not looked at. */
const headOf = (member: Buffer): number => {
  const flags = member[3] ?? 0;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + member.readUInt16LE(at);
  for (const text of [8, 16]) if ((flags & text) !== 0) at = member.indexOf(0, at) + 1;
  return (flags & 2) === 0 ? at : at + 2;
};

// What follows a packed thing, or that its end is missing, is no reason not to look at it.
const lenient = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 16 * 1024 * 1024 };
const PACKED_MAX = 1024 * 1024;

const eachMark = (
  bytes: Buffer,
  mark: Buffer,
  unpack: (rest: Buffer) => Buffer,
  then: (unpacked: Buffer) => void,
): void => {
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    const unpacked = attempt(() => unpack(bytes.subarray(at, at + PACKED_MAX)));
    if (unpacked !== null) then(unpacked);
  }
};

/** Null: these bytes only looked like it. */
const attempt = (unpack: () => Buffer): Buffer | null => {
  try {
    return unpack();
  } catch {
    return null;
  }
};
