// How characters, digits and bytes look on the wire. Each spelling is a pair of small loops over a
// table; a character that the content does not allow has no entry and is a fault, never a guess.
// What is read always writes to the same bytes again: lower-case hexadecimal and other pads are faults.

import { assert } from '#kit/assert';
import { type EbcdicPage, ebcdicBytes } from './ebcdic.ts';
import type { RefusalCode } from './refusal.ts';

export type TextEncoding = 'ascii' | EbcdicPage;
export type DigitEncoding = TextEncoding | 'bcd';
export type BytesEncoding = 'bytes' | 'hex' | 'hex-ebcdic';
export type LengthEncoding = TextEncoding | 'bcd' | 'binary';

/** Where the nibble goes that fills up an odd number of digits, and what it is. */
export type OddDigits = 'zero-left' | 'zero-right' | 'f-right';

/** What a field may hold, in the letters of the standard. */
export type Content = 'n' | 'a' | 'an' | 'ans' | 'z' | 'xn' | 'b';

export type Fault = { readonly fault: RefusalCode };
const badDigit: Fault = { fault: 'bad_digit' };
const badCharacter: Fault = { fault: 'bad_character' };
const badPad: Fault = { fault: 'bad_pad' };

export type TextCodec = {
  /** How many bytes so many characters or digits take. */
  readonly size: (units: number) => number;
  readonly write: (into: Buffer, at: number, text: string) => Fault | undefined;
  readonly read: (from: Buffer, at: number, units: number) => string | Fault;
};

export type BytesCodec = {
  readonly size: (bytes: number) => number;
  readonly write: (into: Buffer, at: number, value: Buffer) => void;
  readonly read: (from: Buffer, at: number, bytes: number) => Buffer | Fault;
};

const characters = (from: string, to: string): string => {
  let all = '';
  for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += 1) {
    all += String.fromCharCode(code);
  }
  return all;
};
const digits = characters('0', '9');
const letters = characters('A', 'Z') + characters('a', 'z');

// The standard's `a` and `an` know no space, but every host pads with it.
const alphabets = {
  n: digits,
  a: `${letters} `,
  an: `${letters}${digits} `,
  ans: characters(' ', '~'),
  z: `${digits}=D`,
  sign: 'CD',
} as const;
type Alphabet = keyof typeof alphabets;

// Reading goes through here where bytes are not the characters themselves. Each read begins and ends
// within one call, so that one is enough; it is as long as the longest message.
const spare = Buffer.alloc(65_536);

const textCodec = (encoding: TextEncoding, alphabet: Alphabet): TextCodec => {
  const bytes = encoding === 'ascii' ? undefined : ebcdicBytes(encoding);
  const byteOf = new Uint8Array(256);
  const codeOf = new Uint8Array(256);
  for (const character of alphabets[alphabet]) {
    const code = character.charCodeAt(0);
    const byte = bytes === undefined ? code : (bytes[code] as number);
    assert(byte !== 0, `A character of ${alphabet} is not in ${encoding}`);
    byteOf[code] = byte;
    codeOf[byte] = code;
  }
  const fault = alphabet === 'n' ? badDigit : badCharacter;
  return {
    size: (units) => units,
    write: (into, at, text) => {
      for (let next = 0; next < text.length; next += 1) {
        const code = text.charCodeAt(next);
        const byte = code < 256 ? (byteOf[code] as number) : 0;
        if (byte === 0) return fault;
        into[at + next] = byte;
      }
      return undefined;
    },
    read: bytes === undefined ? readAscii(codeOf, fault) : readMapped(codeOf, fault),
  };
};

const readAscii =
  (codeOf: Uint8Array, fault: Fault): TextCodec['read'] =>
  (from, at, units) => {
    for (let next = at; next < at + units; next += 1) {
      if (codeOf[from[next] as number] === 0) return fault;
    }
    return from.toString('latin1', at, at + units);
  };

const readMapped =
  (codeOf: Uint8Array, fault: Fault): TextCodec['read'] =>
  (from, at, units) => {
    for (let next = 0; next < units; next += 1) {
      const code = codeOf[from[at + next] as number] as number;
      if (code === 0) return fault;
      spare[next] = code;
    }
    return spare.toString('latin1', 0, units);
  };

const NO_NIBBLE = 255;
const ZERO = '0'.charCodeAt(0);
const SEPARATOR = '='.charCodeAt(0);
const SEPARATOR_NIBBLE = 0xd;

/** Two digits in a byte. In tracks the separator `=` is the nibble D, so the letter D is not allowed. */
const bcdCodec = (odd: OddDigits, tracks: boolean): TextCodec => {
  const padNibble = odd === 'f-right' ? 0xf : 0;
  const padLeft = odd === 'zero-left';
  const nibbleOf = (code: number): number => {
    if (code >= ZERO && code <= ZERO + 9) return code - ZERO;
    return tracks && code === SEPARATOR ? SEPARATOR_NIBBLE : NO_NIBBLE;
  };
  const codeOf = (nibble: number): number => {
    if (nibble <= 9) return ZERO + nibble;
    return tracks && nibble === SEPARATOR_NIBBLE ? SEPARATOR : 0;
  };

  return {
    size: (units) => (units + 1) >> 1,
    write: (into, at, text) => {
      // Nibbles are numbered from the first byte on; a pad on the left moves the digits by one.
      const units = text.length;
      let nibble = padLeft ? units & 1 : 0;
      if (nibble === 1) into[at] = padNibble << 4;
      for (let next = 0; next < units; next += 1, nibble += 1) {
        const value = nibbleOf(text.charCodeAt(next));
        if (value === NO_NIBBLE) return badDigit;
        const place = at + (nibble >> 1);
        into[place] = (nibble & 1) === 0 ? value << 4 : (into[place] as number) | value;
      }
      if ((nibble & 1) === 1) {
        const place = at + (nibble >> 1);
        into[place] = (into[place] as number) | padNibble;
      }
      return undefined;
    },
    read: (from, at, units) => {
      const isOdd = (units & 1) === 1;
      let nibble = padLeft && isOdd ? 1 : 0;
      if (nibble === 1 && (from[at] as number) >> 4 !== padNibble) return badPad;
      for (let next = 0; next < units; next += 1, nibble += 1) {
        const byte = from[at + (nibble >> 1)] as number;
        const code = codeOf((nibble & 1) === 0 ? byte >> 4 : byte & 0xf);
        if (code === 0) return badDigit;
        spare[next] = code;
      }
      if ((nibble & 1) === 1 && ((from[at + (nibble >> 1)] as number) & 0xf) !== padNibble) {
        return badPad;
      }
      return spare.toString('latin1', 0, units);
    },
  };
};

/** C or D, then digits: fees and net amounts. */
const signedCodec = (sign: TextCodec, digits: TextCodec): TextCodec => ({
  size: (units) => 1 + digits.size(units - 1),
  write: (into, at, text) =>
    sign.write(into, at, text.slice(0, 1)) ?? digits.write(into, at + 1, text.slice(1)),
  read: (from, at, units) => {
    const first = sign.read(from, at, 1);
    if (typeof first !== 'string') return first;
    const rest = digits.read(from, at + 1, units - 1);
    return typeof rest === 'string' ? first + rest : rest;
  },
});

export const codecOf = (
  content: Exclude<Content, 'b'>,
  spelling: {
    readonly text: TextEncoding;
    readonly digits: DigitEncoding;
    readonly oddDigits: OddDigits;
  },
): TextCodec => {
  const { text, digits, oddDigits } = spelling;
  if (content === 'xn') {
    return signedCodec(textCodec(text, 'sign'), codecOf('n', spelling));
  }
  if (content !== 'n' && content !== 'z') return textCodec(text, content);
  if (digits === 'bcd') return bcdCodec(oddDigits, content === 'z');
  return textCodec(digits, content);
};

const rawBytes: BytesCodec = {
  size: (bytes) => bytes,
  write: (into, at, value) => {
    value.copy(into, at);
  },
  // A copy: the bytes it came from belong to the link and may be written over.
  read: (from, at, bytes) => Buffer.from(from.subarray(at, at + bytes)),
};

const hexBytes = (encoding: TextEncoding): BytesCodec => {
  const page = encoding === 'ascii' ? undefined : ebcdicBytes(encoding);
  const digitOf = new Uint8Array(16);
  const valueOf = new Uint8Array(256).fill(NO_NIBBLE);
  for (let value = 0; value < 16; value += 1) {
    const code = '0123456789ABCDEF'.charCodeAt(value);
    const byte = page === undefined ? code : (page[code] as number);
    digitOf[value] = byte;
    valueOf[byte] = value;
  }
  return {
    size: (bytes) => bytes * 2,
    write: (into, at, value) => {
      for (let next = 0; next < value.length; next += 1) {
        const byte = value[next] as number;
        into[at + next * 2] = digitOf[byte >> 4] as number;
        into[at + next * 2 + 1] = digitOf[byte & 0xf] as number;
      }
    },
    read: (from, at, bytes) => {
      const value = Buffer.allocUnsafe(bytes);
      for (let next = 0; next < bytes; next += 1) {
        const high = valueOf[from[at + next * 2] as number] as number;
        const low = valueOf[from[at + next * 2 + 1] as number] as number;
        if (high === NO_NIBBLE || low === NO_NIBBLE) return badDigit;
        value[next] = (high << 4) | low;
      }
      return value;
    },
  };
};

export const bytesCodecOf = (encoding: BytesEncoding): BytesCodec => {
  if (encoding === 'bytes') return rawBytes;
  return hexBytes(encoding === 'hex' ? 'ascii' : 'ebcdic-037');
};

export type LengthCodec = {
  readonly size: number;
  /** The largest length that can be said. */
  readonly limit: number;
  readonly write: (into: Buffer, at: number, length: number) => void;
  /** -1 when it is not made of digits. */
  readonly read: (from: Buffer, at: number) => number;
};

export const NO_LENGTH = -1;

/** `places` is the number of Ls in LLVAR: digits, however many bytes they take. */
export const lengthCodecOf = (encoding: LengthEncoding, places: number): LengthCodec => {
  if (encoding === 'binary') return binaryLength(places <= 2 ? 1 : 2);
  if (encoding === 'bcd') return bcdLength((places + 1) >> 1);
  return textLength(places, encoding === 'ascii' ? ZERO : 0xf0);
};

const textLength = (places: number, zero: number): LengthCodec => ({
  size: places,
  limit: 10 ** places - 1,
  write: (into, at, length) => {
    let rest = length;
    for (let place = at + places - 1; place >= at; place -= 1) {
      into[place] = zero + (rest % 10);
      rest = Math.trunc(rest / 10);
    }
  },
  read: (from, at) => {
    let length = 0;
    for (let place = at; place < at + places; place += 1) {
      const digit = (from[place] as number) - zero;
      if (digit < 0 || digit > 9) return NO_LENGTH;
      length = length * 10 + digit;
    }
    return length;
  },
});

const bcdLength = (size: number): LengthCodec => ({
  size,
  limit: 100 ** size - 1,
  write: (into, at, length) => {
    let rest = length;
    for (let place = at + size - 1; place >= at; place -= 1) {
      into[place] = (Math.trunc((rest % 100) / 10) << 4) | (rest % 10);
      rest = Math.trunc(rest / 100);
    }
  },
  read: (from, at) => {
    let length = 0;
    for (let place = at; place < at + size; place += 1) {
      const byte = from[place] as number;
      if (byte >> 4 > 9 || (byte & 0xf) > 9) return NO_LENGTH;
      length = length * 100 + (byte >> 4) * 10 + (byte & 0xf);
    }
    return length;
  },
});

const binaryLength = (size: number): LengthCodec => ({
  size,
  limit: 256 ** size - 1,
  write: (into, at, length) => {
    into.writeUIntBE(length, at, size);
  },
  read: (from, at) => from.readUIntBE(at, size),
});
