// Tags and lengths of BER as chip cards use them, in the one form that is the shortest: a tag of at
// most three bytes, a length of at most three. Padding between tags, indefinite and needlessly long
// lengths are refused, so that what is read writes to the same bytes.

const HEX = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, '0'),
);

const TAG_BYTES_MAX = 3;
const MORE = 0x80;
const LONG_TAG = 0x1f;
const CONSTRUCTED = 0x20;

/** How many bytes the tag takes that begins here; 0 when it is malformed, -1 when it is cut. */
export const tagSize = (bytes: Uint8Array, at: number, end: number): number => {
  if (at >= end) return -1;
  const first = bytes[at] as number;
  // 00 is a filler of storage, not a tag.
  if (first === 0x00) return 0;
  if ((first & LONG_TAG) !== LONG_TAG) return 1;
  for (let size = 2; size <= TAG_BYTES_MAX; size += 1) {
    if (at + size > end) return -1;
    const byte = bytes[at + size - 1] as number;
    if (size === 2 && byte === MORE) return 0;
    if ((byte & MORE) === 0) return size;
  }
  return 0;
};

export const spellTag = (bytes: Uint8Array, at: number, size: number): string => {
  let tag = '';
  for (let next = at; next < at + size; next += 1) tag += HEX[bytes[next] as number] as string;
  return tag;
};

/** The bytes of a tag spelled in upper-case hexadecimal; undefined when it is none. */
export const tagBytes = (tag: string): Buffer | undefined => {
  if (!/^(?:[0-9A-F]{2}){1,3}$/.test(tag)) return undefined;
  const bytes = Buffer.from(tag, 'hex');
  return tagSize(bytes, 0, bytes.length) === bytes.length ? bytes : undefined;
};

export const isConstructed = (firstByte: number): boolean => (firstByte & CONSTRUCTED) !== 0;

export const berLengthSize = (length: number): number => {
  if (length < 0x80) return 1;
  return length < 0x100 ? 2 : 3;
};

export const writeBerLength = (into: Buffer, at: number, length: number): void => {
  const size = berLengthSize(length);
  if (size === 1) into[at] = length;
  else {
    into[at] = MORE | (size - 1);
    into.writeUIntBE(length, at + 1, size - 1);
  }
};

/** The length that stands here; -1 when it is cut, -2 when it is malformed. */
export const readBerLength = (from: Buffer, at: number, end: number): number => {
  if (at >= end) return -1;
  const first = from[at] as number;
  if (first < MORE) return first;
  const size = first & 0x7f;
  if (size === 0 || size > 2) return -2;
  if (at + 1 + size > end) return -1;
  const length = from.readUIntBE(at + 1, size);
  return berLengthSize(length) === size + 1 ? length : -2;
};
