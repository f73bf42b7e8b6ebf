// A message to its bytes. Everything is checked as strictly as when reading, so that nothing leaves
// that the same dialect would refuse.

import { assert, Bug } from '#kit/assert';
import { berLengthSize, isConstructed, tagBytes, writeBerLength } from './ber-tlv.ts';
import {
  type CompiledField,
  type Dialect,
  type FieldFormat,
  MESSAGE_BYTES_MAX,
} from './dialect.ts';
import { computeMac, type Mac } from './mac.ts';
import type { FieldValue, Message, Positions, Tags } from './message.ts';
import { isMti } from './mti.ts';
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';

export type Packed = { readonly ok: true; readonly bytes: Buffer } | Refusal;

/** The bytes of a message that our own code has made; one that its dialect cannot say is a bug. */
export const pack = (dialect: Dialect, message: Message, options?: { mac?: Mac }): Buffer => {
  const packed = tryPack(dialect, message, options);
  if (packed.ok) return packed.bytes;
  throw new Bug(`A message cannot be packed (${packed.path}, ${packed.code}): ${packed.reason}`);
};

/** The same, for a message made of what somebody else gave. */
export const tryPack = (dialect: Dialect, message: Message, options?: { mac?: Mac }): Packed => {
  assert(!packing, 'Packing was begun while packing; a hook must not pack');
  packing = true;
  const sink: Sink = { bytes: scratch, at: 0, refusal: undefined };
  try {
    return writeMessage(sink, dialect, message, options?.mac)
      ? { ok: true, bytes: Buffer.from(scratch.subarray(0, sink.at)) }
      : (sink.refusal as Refusal);
  } finally {
    // A card's number stays here no longer than it has to.
    scratch.fill(0, 0, sink.at);
    packing = false;
  }
};

// Packing begins and ends within one call, so that one buffer serves all.
const scratch = Buffer.alloc(MESSAGE_BYTES_MAX);
let packing = false;

type Sink = { readonly bytes: Buffer; at: number; refusal: Refusal | undefined };

const stop = (sink: Sink, path: string, code: RefusalCode): false => {
  sink.refusal = refuse(path, code);
  return false;
};

const writeMessage = (
  sink: Sink,
  dialect: Dialect,
  message: Message,
  mac: Mac | undefined,
): boolean => {
  const { compiled } = dialect;
  if (!isMti(message.mti, dialect.version)) return stop(sink, 'mti', 'mti_unknown');
  compiled.mti.write(sink.bytes, 0, message.mti);
  sink.at = compiled.mti.size(4);

  const numbers = fieldNumbers(sink, compiled.fields, message, mac);
  if (numbers === undefined) return false;
  writeBitmap(sink, dialect, numbers);

  for (const number of numbers) {
    const field = compiled.fields[number] as CompiledField;
    const value =
      number === mac?.field
        ? computeMac(mac, sink.bytes.subarray(0, sink.at))
        : (message.fields[number] as FieldValue);
    if (!writeField(sink, field, value, field.path)) return false;
  }
  return true;
};

const fieldNumbers = (
  sink: Sink,
  fields: Dialect['compiled']['fields'],
  message: Message,
  mac: Mac | undefined,
): readonly number[] | undefined => {
  const numbers: number[] = [];
  // The order of whole numbers in an object is that of the numbers.
  for (const key of Object.keys(message.fields)) {
    const number = Number(key);
    if ((message.fields as Readonly<Record<string, unknown>>)[key] === undefined) continue;
    if (fields[number] === undefined || String(number) !== key) {
      stop(sink, key, 'field_unknown');
      return undefined;
    }
    numbers.push(number);
  }
  if (mac === undefined) return numbers;

  const fault = macFault(fields, numbers, mac.field);
  if (fault !== undefined) {
    stop(sink, String(mac.field), fault);
    return undefined;
  }
  numbers.push(mac.field);
  return numbers;
};

const macFault = (
  fields: Dialect['compiled']['fields'],
  numbers: readonly number[],
  field: number,
): RefusalCode | undefined => {
  if (fields[field]?.kind !== 'bytes') return 'field_unknown';
  const last = numbers.at(-1) ?? 0;
  if (numbers.includes(field)) return 'mac_given';
  return last > field ? 'mac_not_last' : undefined;
};

const writeBitmap = (sink: Sink, dialect: Dialect, numbers: readonly number[]): void => {
  const { secondBitmap } = dialect;
  const both = secondBitmap !== 'when-used' || (numbers.at(-1) ?? 0) > 64;
  const size = both ? 16 : 8;
  bitmap.fill(0);
  if (both && secondBitmap !== 'always-unannounced') bitmap[0] = 0x80;
  for (const number of numbers) {
    const place = (number - 1) >> 3;
    bitmap[place] = (bitmap[place] as number) | (0x80 >> ((number - 1) & 7));
  }
  const codec = dialect.compiled.bitmap;
  codec.write(sink.bytes, sink.at, both ? bitmap : bitmap.subarray(0, 8));
  sink.at += codec.size(size);
};
const bitmap = Buffer.alloc(16);

const writeField = (sink: Sink, field: CompiledField, value: FieldValue, path: string): boolean => {
  if (field.kind === 'text') {
    if (typeof value !== 'string') return stop(sink, path, 'value_wrong_type');
    const text = value.length < field.min ? filled(field.format, value) : value;
    return writeSimple(sink, field, text, path);
  }
  if (field.kind === 'bytes') {
    if (!Buffer.isBuffer(value)) return stop(sink, path, 'value_wrong_type');
    return writeSimple(sink, field, value, path);
  }
  return writeParts(sink, field, value, path);
};

const filled = ({ pad, content, length }: FieldFormat, value: string): string => {
  if (pad === 'spaces') return value.padEnd(length, ' ');
  if (pad !== 'zeros') return value;
  return content === 'xn'
    ? value.slice(0, 1) + value.slice(1).padStart(length - 1, '0')
    : value.padStart(length, '0');
};

const lengthFault = (field: CompiledField, length: number): RefusalCode | undefined => {
  if (length >= field.min && length <= field.max) return undefined;
  if (field.prefix === undefined) return 'length_wrong';
  return length > field.max ? 'length_over_maximum' : 'length_below_minimum';
};

const writeSimple = (
  sink: Sink,
  field: Extract<CompiledField, { kind: 'text' | 'bytes' }>,
  value: string | Buffer,
  path: string,
): boolean => {
  const fault = lengthFault(field, value.length);
  if (fault !== undefined) return stop(sink, path, fault);

  const { prefix, codec } = field;
  const start = sink.at + (prefix?.size ?? 0);
  const end = start + codec.size(value.length);
  if (end > sink.bytes.length) return stop(sink, path, 'message_too_long');
  prefix?.write(sink.bytes, sink.at, value.length);

  const written =
    field.kind === 'text'
      ? field.codec.write(sink.bytes, start, value as string)
      : field.codec.write(sink.bytes, start, value as Buffer);
  sink.at = end;
  return written === undefined ? true : stop(sink, path, written.fault);
};

const writeParts = (
  sink: Sink,
  field: Exclude<CompiledField, { kind: 'text' | 'bytes' }>,
  value: FieldValue,
  path: string,
): boolean => {
  if (typeof value === 'string' || Buffer.isBuffer(value)) {
    return stop(sink, path, 'value_wrong_type');
  }
  const prefixAt = sink.at;
  const start = prefixAt + (field.prefix?.size ?? 0);
  if (start > sink.bytes.length) return stop(sink, path, 'message_too_long');
  sink.at = start;
  if (!writeAllParts(sink, field, value, path)) return false;

  const length = sink.at - start;
  const fault = lengthFault(field, length);
  if (fault !== undefined) return stop(sink, path, fault);
  field.prefix?.write(sink.bytes, prefixAt, length);
  return true;
};

const writeAllParts = (
  sink: Sink,
  field: Exclude<CompiledField, { kind: 'text' | 'bytes' }>,
  value: Positions | Tags,
  path: string,
): boolean => {
  const isTags = value instanceof Map;
  if (isTags !== (field.kind !== 'positions')) return stop(sink, path, 'value_wrong_type');
  switch (field.kind) {
    case 'positions':
      return writePositions(sink, field, value as Positions, path);
    case 'tags':
      return writeTextTags(sink, field, value as Tags, path);
    default:
      return writeBer(sink, field, value as Tags, path, 1);
  }
};

const writePositions = (
  sink: Sink,
  field: Extract<CompiledField, { kind: 'positions' }>,
  value: Positions,
  path: string,
): boolean => {
  for (const key of Object.keys(value)) {
    if (field.parts[Number(key) - 1] === undefined) {
      return stop(sink, `${path}.${key}`, 'field_unknown');
    }
  }
  for (let position = 1; position <= field.parts.length; position += 1) {
    const part = field.parts[position - 1] as CompiledField;
    const inner = value[position];
    if (inner === undefined) return stop(sink, part.path, 'part_missing');
    if (!writeField(sink, part, inner, part.path)) return false;
  }
  return true;
};

const writeTextTags = (
  sink: Sink,
  field: Extract<CompiledField, { kind: 'tags' }>,
  value: Tags,
  path: string,
): boolean => {
  for (const [tag, inner] of value) {
    const part = field.parts.get(tag);
    if (part === undefined) return stop(sink, path, 'field_unknown');
    const end = sink.at + field.tag.size(field.tagLength);
    if (end > sink.bytes.length) return stop(sink, path, 'message_too_long');
    field.tag.write(sink.bytes, sink.at, tag);
    sink.at = end;
    if (!writeField(sink, part, inner, part.path)) return false;
  }
  return true;
};

const writeBer = (
  sink: Sink,
  field: Extract<CompiledField, { kind: 'ber' }>,
  tags: Tags,
  path: string,
  level: number,
): boolean => {
  if (level > field.depth) return stop(sink, path, 'tlv_too_deep');
  for (const [tag, value] of tags) {
    const bytes = tagBytes(tag);
    if (bytes === undefined) return stop(sink, path, 'tag_malformed');
    const inner = `${path}.${tag}`;
    if (sink.at + bytes.length > sink.bytes.length) return stop(sink, inner, 'message_too_long');
    bytes.copy(sink.bytes, sink.at);
    sink.at += bytes.length;

    const nested = isConstructed(bytes[0] as number) && !field.opaque.has(tag);
    if (nested !== value instanceof Map) return stop(sink, inner, 'value_wrong_type');
    const written = nested
      ? writeConstructed(sink, field, value as Tags, inner, level)
      : writePrimitive(sink, value, inner);
    if (!written) return false;
  }
  return true;
};

const writePrimitive = (sink: Sink, value: FieldValue, path: string): boolean => {
  if (!Buffer.isBuffer(value)) return stop(sink, path, 'value_wrong_type');
  const start = sink.at + berLengthSize(value.length);
  if (start + value.length > sink.bytes.length) return stop(sink, path, 'message_too_long');
  writeBerLength(sink.bytes, sink.at, value.length);
  value.copy(sink.bytes, start);
  sink.at = start + value.length;
  return true;
};

/** The length of what is inside is known afterwards; then it is moved to make room for a longer one. */
const writeConstructed = (
  sink: Sink,
  field: Extract<CompiledField, { kind: 'ber' }>,
  value: Tags,
  path: string,
  level: number,
): boolean => {
  const lengthAt = sink.at;
  const start = lengthAt + 1;
  if (start > sink.bytes.length) return stop(sink, path, 'message_too_long');
  sink.at = start;
  if (!writeBer(sink, field, value, path, level + 1)) return false;

  const length = sink.at - start;
  const size = berLengthSize(length);
  if (lengthAt + size + length > sink.bytes.length) return stop(sink, path, 'message_too_long');
  if (size > 1) sink.bytes.copyWithin(lengthAt + size, start, sink.at);
  writeBerLength(sink.bytes, lengthAt, length);
  sink.at = lengthAt + size + length;
  return true;
};
