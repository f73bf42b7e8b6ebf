// A dialect is data: what each field holds and how long it is, and once for all fields how characters,
// digits, bytes and lengths are spelled. `defineDialect` checks the data and makes the tables that
// packing and unpacking run on; a dialect that contradicts itself is a bug of whoever wrote it.

import { assert } from '#kit/assert';
import {
  type BytesCodec,
  type BytesEncoding,
  bytesCodecOf,
  type Content,
  codecOf,
  type DigitEncoding,
  type LengthCodec,
  type LengthEncoding,
  lengthCodecOf,
  type OddDigits,
  type TextCodec,
  type TextEncoding,
} from './encodings.ts';
import { alwaysMasked, type Masking } from './masking.ts';

export type Spelling = {
  readonly text: TextEncoding;
  readonly digits: DigitEncoding;
  readonly bytes: BytesEncoding;
  readonly lengths: LengthEncoding;
  readonly oddDigits: OddDigits;
};

export type FieldFormat = {
  readonly name: string;
  readonly content: Content;
  /** Characters, digits or bytes: exactly so many, or at most so many where there is a prefix. */
  readonly length: number;
  /** Digits of the length in front: 2 is LLVAR, 3 is LLLVAR. Absent means a fixed length. */
  readonly prefix?: 1 | 2 | 3 | 4 | 5;
  /** The shortest variable value. A field that is announced and then empty is refused: 1. */
  readonly min?: number;
  /** Fills up a short fixed value: zeros on the left or spaces on the right. Reading keeps them. */
  readonly pad?: 'zeros' | 'spaces';
  /** Where this field departs from the spelling of its dialect. */
  readonly spelling?: Partial<Spelling>;
  readonly parts?: Parts;
  /** What a log may show; what is not said follows from the field's kind. */
  readonly log?: Masking;
};

export type Parts =
  | { readonly by: 'position'; readonly of: readonly FieldFormat[] }
  | {
      readonly by: 'ber-tag';
      /** How many levels of constructed tags; 1 is a flat list. */
      readonly depth: number;
      /** Constructed tags that are kept whole, such as scripts in which a tag repeats. */
      readonly opaque?: readonly string[];
    }
  | {
      readonly by: 'text-tag';
      readonly tagLength: number;
      readonly of: Readonly<Record<string, FieldFormat>>;
    };

export type DialectFormat = {
  readonly name: string;
  /** The first digit of the message type: 0 for 1987, 1 for 1993, 2 for 2003. */
  readonly version: '0' | '1' | '2';
  readonly spelling: Spelling & {
    readonly mti: DigitEncoding;
    readonly bitmap: BytesEncoding;
  };
  /** Whether the second bitmap is there when it is used, always, or always without being announced. */
  readonly secondBitmap: 'when-used' | 'always' | 'always-unannounced';
  readonly fields: Readonly<Record<number, FieldFormat>>;
};

export type Dialect = DialectFormat & {
  /** The tables of the engine; nobody else reads them. */
  readonly compiled: Compiled;
};

export type Compiled = {
  readonly mti: TextCodec;
  readonly bitmap: BytesCodec;
  readonly fields: readonly (CompiledField | undefined)[];
};

type Shape = {
  readonly path: string;
  readonly format: FieldFormat;
  readonly prefix: LengthCodec | undefined;
  readonly min: number;
  readonly max: number;
  readonly log: Masking;
};
export type CompiledField = Shape &
  (
    | { readonly kind: 'text'; readonly codec: TextCodec }
    | { readonly kind: 'bytes'; readonly codec: BytesCodec }
    | { readonly kind: 'positions'; readonly parts: readonly CompiledField[] }
    | { readonly kind: 'ber'; readonly depth: number; readonly opaque: ReadonlySet<string> }
    | {
        readonly kind: 'tags';
        readonly tag: TextCodec;
        readonly tagLength: number;
        readonly parts: ReadonlyMap<string, CompiledField>;
      }
  );

/** The longest message of any dialect; nothing larger is read, and nothing larger is built. */
export const MESSAGE_BYTES_MAX = 65_536;

export const defineDialect = (format: DialectFormat): Dialect => {
  const fields: (CompiledField | undefined)[] = Array.from({ length: 129 });
  for (const [key, field] of Object.entries(format.fields)) {
    const number = Number(key);
    // 1 and 65 are bits of the bitmap, not fields; a third bitmap is not in these versions' messages.
    assert(
      Number.isInteger(number) && number >= 2 && number <= 128 && number !== 65,
      `${format.name}: there is no field ${key}`,
    );
    const masked = alwaysMasked[number];
    fields[number] = compileField(
      masked === undefined ? field : { ...field, log: masked },
      String(number),
      format.spelling,
    );
  }
  return {
    ...format,
    compiled: {
      mti: codecOf('n', { ...format.spelling, digits: format.spelling.mti }),
      bitmap: bytesCodecOf(format.spelling.bitmap),
      fields,
    },
  };
};

/** A dialect that is another one with differences. A field set to null is one that it lacks. */
export const deriveDialect = (
  from: DialectFormat,
  changes: {
    readonly name: string;
    readonly version?: DialectFormat['version'];
    readonly spelling?: Partial<DialectFormat['spelling']>;
    readonly secondBitmap?: DialectFormat['secondBitmap'];
    readonly fields?: Readonly<Record<number, FieldFormat | null>>;
  },
): Dialect => {
  const fields: Record<number, FieldFormat> = { ...from.fields };
  for (const [key, field] of Object.entries(changes.fields ?? {})) {
    if (field === null) delete fields[Number(key)];
    else fields[Number(key)] = field;
  }
  return defineDialect({
    name: changes.name,
    version: changes.version ?? from.version,
    spelling: { ...from.spelling, ...changes.spelling },
    secondBitmap: changes.secondBitmap ?? from.secondBitmap,
    fields,
  });
};

const compileField = (
  format: FieldFormat,
  path: string,
  above: Spelling,
  masking = usualMasking(format),
): CompiledField => {
  const spelling: Spelling = { ...above, ...format.spelling };
  const { prefix: places, content, length } = format;
  const prefix = places === undefined ? undefined : lengthCodecOf(spelling.lengths, places);
  assert(
    Number.isInteger(length) && length >= 1 && length <= MESSAGE_BYTES_MAX,
    `${path}: no such length`,
  );
  assert(
    prefix === undefined || length <= prefix.limit,
    `${path}: its prefix cannot say ${length}`,
  );
  assert(prefix === undefined || format.pad === undefined, `${path}: only fixed fields are padded`);
  assert(content !== 'xn' || length >= 2, `${path}: a sign and no digits`);

  const shape: Shape = {
    path,
    format,
    prefix,
    min: prefix === undefined ? length : (format.min ?? (content === 'xn' ? 2 : 1)),
    max: length,
    log: format.log ?? masking,
  };
  if (format.parts !== undefined) return compileParts(shape, format.parts, spelling);
  return content === 'b'
    ? { ...shape, kind: 'bytes', codec: bytesCodecOf(spelling.bytes) }
    : { ...shape, kind: 'text', codec: codecOf(content, spelling) };
};

const compileParts = (shape: Shape, parts: Parts, spelling: Spelling): CompiledField => {
  const { path } = shape;
  if (parts.by === 'ber-tag') {
    assert(shape.format.content === 'b', `${path}: BER is made of bytes`);
    assert(parts.depth >= 1 && parts.depth <= 8, `${path}: between one level and eight`);
    return { ...shape, kind: 'ber', depth: parts.depth, opaque: new Set(parts.opaque) };
  }
  if (parts.by === 'position') {
    const all = parts.of.map((part, at) =>
      compileField(part, `${path}.${at + 1}`, spelling, partMasking(part)),
    );
    return { ...shape, kind: 'positions', parts: all };
  }
  const tagged = new Map<string, CompiledField>();
  for (const [tag, part] of Object.entries(parts.of)) {
    assert(tag.length === parts.tagLength, `${path}: the tag ${tag} has another length`);
    tagged.set(tag, compileField(part, `${path}.${tag}`, spelling, partMasking(part)));
  }
  return {
    ...shape,
    kind: 'tags',
    tag: codecOf('an', spelling),
    tagLength: parts.tagLength,
    parts: tagged,
  };
};

// Tracks, bytes and long private fields may hold anything a host likes, a CVC among it; they are shown
// only where a dialect says so. The same goes for each of their parts.
const LONG = 100;
const usualMasking = ({ content, length, prefix, parts }: FieldFormat): Masking => {
  if (parts !== undefined) return 'parts';
  if (content === 'z' || content === 'b') return 'hidden';
  return prefix !== undefined && length >= LONG ? 'hidden' : 'clear';
};
const partMasking = ({ parts }: FieldFormat): Masking => (parts === undefined ? 'hidden' : 'parts');
