// Bytes to a message, or the first thing that is wrong with them. One pass from front to back; every
// length is compared with what is there before anything is read or allocated by it.

import { sameBytes } from '#kit/crypto';
import { isConstructed, readBerLength, spellTag, tagSize } from './ber-tlv.ts';
import { type CompiledField, type Dialect, MESSAGE_BYTES_MAX } from './dialect.ts';
import { type Fault, NO_LENGTH } from './encodings.ts';
import { computeMac, type Mac } from './mac.ts';
import type { FieldValue, Message } from './message.ts';
import { isMti } from './mti.ts';
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';

export type Unpacked = { readonly ok: true; readonly message: Message } | Refusal;

export const unpack = (dialect: Dialect, bytes: Buffer, options?: { mac?: Mac }): Unpacked => {
  const source: Source = { bytes, at: 0, end: bytes.length, refusal: undefined };
  const message = readMessage(source, dialect, options?.mac);
  return message === undefined ? (source.refusal as Refusal) : { ok: true, message };
};

type Source = { readonly bytes: Buffer; at: number; end: number; refusal: Refusal | undefined };

const stop = (source: Source, path: string, code: RefusalCode): undefined => {
  source.refusal = refuse(path, code);
  return undefined;
};

const readMessage = (
  source: Source,
  dialect: Dialect,
  mac: Mac | undefined,
): Message | undefined => {
  if (source.end > MESSAGE_BYTES_MAX) return stop(source, 'message', 'message_too_long');
  const mti = readMti(source, dialect);
  if (mti === undefined) return undefined;
  const numbers = readBitmap(source, dialect);
  if (numbers === undefined) return undefined;

  const unknown = numbers.find((number) => dialect.compiled.fields[number] === undefined);
  if (unknown !== undefined) return stop(source, String(unknown), 'field_unknown');
  const fault = mac === undefined ? undefined : macFault(numbers, mac.field);
  if (fault !== undefined) return stop(source, String(mac?.field), fault);

  const fields = readFields(source, dialect, numbers, mac);
  if (fields === undefined) return undefined;
  return source.at === source.end ? { mti, fields } : stop(source, 'message', 'trailing_bytes');
};

const readMti = (source: Source, dialect: Dialect): string | undefined => {
  const codec = dialect.compiled.mti;
  const size = codec.size(4);
  if (source.end < size) return stop(source, 'mti', 'truncated');
  const mti = codec.read(source.bytes, 0, 4);
  source.at = size;
  if (typeof mti !== 'string') return stop(source, 'mti', mti.fault);
  return isMti(mti, dialect.version) ? mti : stop(source, 'mti', 'mti_unknown');
};

const readBitmap = (source: Source, dialect: Dialect): readonly number[] | undefined => {
  const { secondBitmap } = dialect;
  const first = readEightBytes(source, dialect);
  if (first === undefined) return undefined;
  const announced = ((first[0] as number) & 0x80) !== 0;
  if (announced && secondBitmap === 'always-unannounced') {
    return stop(source, 'bitmap', 'bitmap_flag_wrong');
  }
  if (!announced && secondBitmap === 'always') {
    return stop(source, 'bitmap', 'bitmap_second_missing');
  }

  const numbers: number[] = [];
  addNumbers(numbers, first, 0);
  if (!announced && secondBitmap !== 'always-unannounced') return numbers;
  const second = readEightBytes(source, dialect);
  if (second === undefined) return undefined;
  addNumbers(numbers, second, 64);
  if (secondBitmap === 'when-used' && (numbers.at(-1) ?? 0) <= 64) {
    return stop(source, 'bitmap', 'bitmap_second_empty');
  }
  return numbers;
};

const readEightBytes = (source: Source, dialect: Dialect): Buffer | undefined => {
  const codec = dialect.compiled.bitmap;
  const size = codec.size(8);
  if (source.at + size > source.end) return stop(source, 'bitmap', 'truncated');
  const bits = codec.read(source.bytes, source.at, 8);
  source.at += size;
  return Buffer.isBuffer(bits) ? bits : stop(source, 'bitmap', 'bitmap_bad_digit');
};

const addNumbers = (numbers: number[], bits: Buffer, before: number): void => {
  for (let bit = before === 0 ? 1 : 0; bit < 64; bit += 1) {
    if (((bits[bit >> 3] as number) & (0x80 >> (bit & 7))) !== 0) numbers.push(before + bit + 1);
  }
};

const macFault = (numbers: readonly number[], field: number): RefusalCode | undefined => {
  if (!numbers.includes(field)) return 'mac_missing';
  return numbers.at(-1) === field ? undefined : 'mac_not_last';
};

const readFields = (
  source: Source,
  dialect: Dialect,
  numbers: readonly number[],
  mac: Mac | undefined,
): Message['fields'] | undefined => {
  const fields: Record<number, FieldValue> = {};
  for (const number of numbers) {
    const before = source.at;
    const value = readField(source, dialect.compiled.fields[number] as CompiledField);
    if (value === undefined) return undefined;
    if (number === mac?.field) {
      const expected = computeMac(mac, source.bytes.subarray(0, before));
      if (!Buffer.isBuffer(value) || !sameBytes(value, expected)) {
        return stop(source, String(number), 'mac_wrong');
      }
    }
    fields[number] = value;
  }
  return fields;
};

const readField = (source: Source, field: CompiledField): FieldValue | undefined => {
  const length = field.prefix === undefined ? field.max : readLength(source, field);
  if (length === undefined) return undefined;
  if (field.kind === 'text' || field.kind === 'bytes') return readSimple(source, field, length);
  return readParts(source, field, length);
};

const readLength = (source: Source, field: CompiledField): number | undefined => {
  const { prefix, path } = field;
  const size = prefix?.size ?? 0;
  if (source.at + size > source.end) return stop(source, path, 'truncated');
  const length = prefix?.read(source.bytes, source.at) ?? NO_LENGTH;
  source.at += size;
  if (length === NO_LENGTH) return stop(source, path, 'length_bad_digit');
  if (length > field.max) return stop(source, path, 'length_over_maximum');
  return length < field.min ? stop(source, path, 'length_below_minimum') : length;
};

const readSimple = (
  source: Source,
  field: Extract<CompiledField, { kind: 'text' | 'bytes' }>,
  length: number,
): FieldValue | undefined => {
  const end = source.at + field.codec.size(length);
  if (end > source.end) return stop(source, field.path, 'truncated');
  const value: string | Buffer | Fault = field.codec.read(source.bytes, source.at, length);
  source.at = end;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value;
  return stop(source, field.path, value.fault);
};

/** Parts are read as if the message ended where their field ends. */
const readParts = (
  source: Source,
  field: Exclude<CompiledField, { kind: 'text' | 'bytes' }>,
  length: number,
): FieldValue | undefined => {
  const outer = source.end;
  const end = source.at + length;
  if (end > outer) return stop(source, field.path, 'truncated');
  source.end = end;
  const value = readAllParts(source, field);
  source.end = outer;
  if (value === undefined) return undefined;
  return source.at === end ? value : stop(source, field.path, 'trailing_bytes');
};

const readAllParts = (
  source: Source,
  field: Exclude<CompiledField, { kind: 'text' | 'bytes' }>,
): FieldValue | undefined => {
  switch (field.kind) {
    case 'positions':
      return readPositions(source, field);
    case 'tags':
      return readTextTags(source, field);
    default:
      return readBer(source, field, field.path, 1);
  }
};

const readPositions = (
  source: Source,
  field: Extract<CompiledField, { kind: 'positions' }>,
): FieldValue | undefined => {
  const values: Record<number, FieldValue> = {};
  for (let position = 1; position <= field.parts.length; position += 1) {
    const value = readField(source, field.parts[position - 1] as CompiledField);
    if (value === undefined) return undefined;
    values[position] = value;
  }
  return values;
};

const readTextTags = (
  source: Source,
  field: Extract<CompiledField, { kind: 'tags' }>,
): FieldValue | undefined => {
  const values = new Map<string, FieldValue>();
  const size = field.tag.size(field.tagLength);
  while (source.at < source.end) {
    if (source.at + size > source.end) return stop(source, field.path, 'truncated');
    const tag = field.tag.read(source.bytes, source.at, field.tagLength);
    source.at += size;
    if (typeof tag !== 'string') return stop(source, field.path, 'tag_malformed');
    const part = field.parts.get(tag);
    if (part === undefined) return stop(source, field.path, 'field_unknown');
    if (values.has(tag)) return stop(source, part.path, 'tag_duplicate');
    const value = readField(source, part);
    if (value === undefined) return undefined;
    values.set(tag, value);
  }
  return values;
};

const readBer = (
  source: Source,
  field: Extract<CompiledField, { kind: 'ber' }>,
  path: string,
  level: number,
): FieldValue | undefined => {
  if (level > field.depth) return stop(source, path, 'tlv_too_deep');
  const { bytes, end } = source;
  const values = new Map<string, FieldValue>();
  while (source.at < end) {
    const size = tagSize(bytes, source.at, end);
    if (size <= 0) return stop(source, path, size === 0 ? 'tag_malformed' : 'truncated');
    const tag = spellTag(bytes, source.at, size);
    const nested = isConstructed(bytes[source.at] as number) && !field.opaque.has(tag);
    source.at += size;
    if (values.has(tag)) return stop(source, `${path}.${tag}`, 'tag_duplicate');

    const length = readBerLength(bytes, source.at, end);
    if (length === -2) return stop(source, `${path}.${tag}`, 'tlv_length_malformed');
    const start = source.at + berLengthSizeAt(bytes, source.at);
    if (length === -1 || start + length > end) {
      return stop(source, `${path}.${tag}`, 'truncated');
    }
    source.at = start;
    const value = nested
      ? readConstructed(source, field, `${path}.${tag}`, start + length, level)
      : Buffer.from(bytes.subarray(start, start + length));
    if (value === undefined) return undefined;
    source.at = start + length;
    values.set(tag, value);
  }
  return values;
};

const berLengthSizeAt = (bytes: Buffer, at: number): number => {
  const first = bytes[at] as number;
  return first < 0x80 ? 1 : 1 + (first & 0x7f);
};

const readConstructed = (
  source: Source,
  field: Extract<CompiledField, { kind: 'ber' }>,
  path: string,
  end: number,
  level: number,
): FieldValue | undefined => {
  const outer = source.end;
  source.end = end;
  const value = readBer(source, field, path, level + 1);
  source.end = outer;
  return value;
};
