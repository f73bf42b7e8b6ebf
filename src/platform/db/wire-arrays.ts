// Arrays as PostgreSQL keeps them, for the types that rows are made of. As text, each array was spelled
// here and read there sign by sign: a tenth of what a payment cost on either side. What does not look as
// it should is left to text, so that the server says what is wrong with it.

import { writeUuid as uuidInto } from '#kit/ids';
import { spellTime } from './spell.ts';
import {
  type Bytes,
  characters,
  copied,
  int8,
  int16,
  int32,
  int64,
  lengthSince,
  room,
  wholeNumber,
} from './wire-bytes.ts';

export type Element = {
  readonly oid: number;
  /** What the server is told as text, where it would not understand ours. */
  readonly asText?: (value: unknown) => unknown;
};

const BOOLEAN = 16;
const BYTEA = 17;
const BIGINT = 20;
const SMALLINT = 21;
const INTEGER = 23;
const TEXT = 25;
const JSON_TEXT = 114;
const DATE = 1082;
const TIMESTAMPTZ = 1184;
const UUID = 2950;
const JSONB = 3802;

/** By the name in a cast: `$1::uuid[]`. */
const elements = {
  boolean: { oid: BOOLEAN },
  bytea: { oid: BYTEA },
  bigint: { oid: BIGINT },
  smallint: { oid: SMALLINT },
  integer: { oid: INTEGER },
  date: { oid: DATE },
  text: { oid: TEXT },
  json: { oid: JSON_TEXT },
  timestamptz: {
    oid: TIMESTAMPTZ,
    asText: (value) => (typeof value === 'number' ? spellTime(value) : value),
  },
  uuid: { oid: UUID },
  jsonb: { oid: JSONB },
} satisfies Readonly<Record<string, Element>>;

export type ElementType = keyof typeof elements;
const byName: Readonly<Record<string, Element>> = elements;

/** Undefined: it has no form of ours. */
export const elementOf = (type: string): Element | undefined => byName[type];

export type ArrayTypes = readonly (Element | undefined)[];

/** Of each value of a statement, as far as its text casts it to an array. */
export const arrayTypesIn = (text: string): ArrayTypes => {
  const types: (Element | undefined)[] = [];
  for (const [, place, type] of text.matchAll(/\$(\d+)::(\w+)\[\]/g)) {
    types[Number(place) - 1] = byName[type ?? ''];
  }
  return types;
};

const HAS_NULLS = 1;
const NULL = -1;

/** False: nothing was written. */
export const writeArray = (out: Bytes, type: Element, values: readonly unknown[]): boolean => {
  const begun = out.at;
  int32(out, values.length === 0 ? 0 : 1);
  int32(out, values.includes(null) || values.includes(undefined) ? HAS_NULLS : 0);
  int32(out, type.oid);
  if (values.length === 0) return true;
  int32(out, values.length);
  int32(out, 1);
  for (const value of values) {
    if (value === null || value === undefined) {
      int32(out, NULL);
      continue;
    }
    const before = out.at;
    int32(out, 0);
    if (!writeElement(out, type, value)) {
      out.at = begun;
      return false;
    }
    lengthSince(out, before);
  }
  return true;
};

/**
 * False: it is not spelled this way, and whatever was written of it is taken back. One function with a switch: a function
 * of each type, called from one place, is none that the engine can look into, and rows took a sixth longer.
 */
export const writeElement = (out: Bytes, { oid }: Element, value: unknown): boolean => {
  switch (oid) {
    case UUID:
      return writeUuid(out, value);
    case TEXT:
    case JSON_TEXT:
      return writeText(out, value);
    case INTEGER:
      return writeInteger(out, value);
    case SMALLINT:
      return writeSmallint(out, value);
    case BIGINT:
      return writeBigint(out, value);
    case BOOLEAN:
      return writeBoolean(out, value);
    case TIMESTAMPTZ:
      return writeMoment(out, value);
    case JSONB:
      return writeJsonb(out, value);
    case BYTEA:
      return writeBinary(out, value);
    case DATE:
      return writeDate(out, value);
    default:
      return false;
  }
};

const writeBoolean = (out: Bytes, value: unknown): boolean => {
  if (typeof value !== 'boolean') return false;
  int8(out, value ? 1 : 0);
  return true;
};

const isWithin = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && Math.abs(value as number) <= most;

const writeSmallint = (out: Bytes, value: unknown): boolean => {
  if (!isWithin(value, 0x7fff)) return false;
  int16(out, value);
  return true;
};

const writeInteger = (out: Bytes, value: unknown): boolean => {
  if (!isWithin(value, 0x7fffffff)) return false;
  int32(out, value);
  return true;
};

const BIGINT_MOST = 2n ** 63n - 1n;

const writeBigint = (out: Bytes, value: unknown): boolean => {
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : typeof value !== 'bigint') {
    return false;
  }
  const whole = BigInt(value as number | bigint);
  if (whole > BIGINT_MOST || whole < -BIGINT_MOST) return false;
  int64(out, whole);
  return true;
};

const writeText = (out: Bytes, value: unknown): boolean => {
  if (typeof value === 'string') {
    characters(out, value);
    return true;
  }
  if (Buffer.isBuffer(value) || Array.isArray(value)) return false;
  characters(out, typeof value === 'object' ? JSON.stringify(value) : String(value));
  return true;
};

const JSONB_VERSION = 1;

const writeJsonb = (out: Bytes, value: unknown): boolean => {
  int8(out, JSONB_VERSION);
  return writeText(out, value);
};

const writeBinary = (out: Bytes, value: unknown): boolean => {
  if (!Buffer.isBuffer(value)) return false;
  copied(out, value);
  return true;
};

/** Milliseconds since 1970, or what `spellTime` makes of them; anything else is left to the server. */
const msOf = (value: unknown): number => {
  if (typeof value === 'number') return value;
  const isSpelled = typeof value === 'string' && value.length === 24 && value.endsWith('Z');
  return isSpelled ? Date.parse(value) : Number.NaN;
};
const EPOCH_MS = Date.UTC(2000, 0, 1);
/** More than a Date can say. */
const MS_MOST = 8.64e15;

const writeMoment = (out: Bytes, value: unknown): boolean => {
  const ms = msOf(value);
  if (!isWithin(ms, MS_MOST)) return false;
  const us = (ms - EPOCH_MS) * 1000;
  if (Number.isSafeInteger(us)) wholeNumber(out, us);
  else int64(out, BigInt(ms - EPOCH_MS) * 1000n);
  return true;
};

const DAY_MS = 24 * 60 * 60 * 1000;
const dayPattern = /^\d{4}-\d{2}-\d{2}$/;

const writeDate = (out: Bytes, value: unknown): boolean => {
  if (typeof value !== 'string' || !dayPattern.test(value)) return false;
  const ms = Date.parse(`${value}T00:00:00.000Z`);
  // A day that no month has is refused by one parser and moved by another.
  if (Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(value.slice(-2))) return false;
  int32(out, (ms - EPOCH_MS) / DAY_MS);
  return true;
};

const UUID_BYTES = 16;

const writeUuid = (out: Bytes, value: unknown): boolean => {
  if (typeof value !== 'string') return false;
  room(out, UUID_BYTES);
  if (!uuidInto(out.buffer, out.at, value)) return false;
  out.at += UUID_BYTES;
  return true;
};
