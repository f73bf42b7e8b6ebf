// A message for a log: what each field is called and what may be shown of it. Nothing is shown that
// the masking rules do not allow, and no value may repeat the card's number, wherever a host put it.

import type { CompiledField, Dialect } from './dialect.ts';
import { clearTags, type Masking, maskNumber, withoutCards } from './masking.ts';
import type { FieldValue, Message, Positions, Tags } from './message.ts';
import { parseOriginal } from './references.ts';

export type Described = { readonly path: string; readonly name: string; readonly value: string };

export const describe = (dialect: Dialect, message: Message): readonly Described[] => {
  const lines: Described[] = [];
  for (const [key, value] of Object.entries(message.fields)) {
    if (value === undefined) continue;
    const field = dialect.compiled.fields[Number(key)];
    if (field === undefined) lines.push({ path: key, name: 'Unknown', value: hidden(value) });
    else describeField(lines, field, value);
  }
  const numbers = cardNumbers(message);
  const mti = { path: 'mti', name: 'Message type', value: shown('clear', message.mti) };
  return [mti, ...lines].map((line) => ({ ...line, value: withoutCards(line.value, numbers) }));
};

/** One line: `0110 2=411111******1111 39=00 …`. */
export const describeLine = (dialect: Dialect, message: Message): string => {
  const [mti, ...rest] = describe(dialect, message);
  return [mti?.value, ...rest.map(({ path, value }) => `${path}=${value}`)].join(' ');
};

const describeField = (lines: Described[], field: CompiledField, value: FieldValue): void => {
  const { path, log } = field;
  const { name } = field.format;
  if (log !== 'parts') {
    lines.push({ path, name, value: shown(log, value) });
    return;
  }
  if (field.kind === 'ber' && value instanceof Map) {
    describeTags(lines, name, path, value as Tags);
    return;
  }
  for (const [part, inner] of partsOf(field, value)) describeField(lines, part, inner);
};

/** The parts that the dialect knows; a part that it does not know is not shown. */
const partsOf = (field: CompiledField, value: FieldValue): [CompiledField, FieldValue][] => {
  const parts: [CompiledField, FieldValue][] = [];
  if (field.kind === 'positions' && isPositions(value)) {
    for (const [at, part] of field.parts.entries()) {
      const inner = value[at + 1];
      if (inner !== undefined) parts.push([part, inner]);
    }
  }
  if (field.kind === 'tags' && value instanceof Map) {
    for (const [tag, inner] of value as Tags) {
      const part = field.parts.get(tag);
      if (part !== undefined) parts.push([part, inner]);
    }
  }
  return parts;
};

const describeTags = (lines: Described[], name: string, path: string, tags: Tags): void => {
  for (const [tag, value] of tags) {
    const inner = `${path}.${tag}`;
    if (value instanceof Map) describeTags(lines, name, inner, value as Tags);
    else lines.push({ path: inner, name, value: shownTag(tag, value) });
  }
};

const shownTag = (tag: string, value: FieldValue): string => {
  if (!Buffer.isBuffer(value)) return hidden(value);
  // The number of the card, two digits in a byte and F after the last.
  if (tag === '5A') return maskNumber(value.toString('hex').replace(/f+$/, ''));
  return clearTags.has(tag) ? value.toString('hex').toUpperCase() : hidden(value);
};

const shown = (log: Masking, value: FieldValue): string => {
  if (typeof value === 'string') {
    if (log === 'number') return maskNumber(value);
    if (log === 'clear') return value;
    if (log === 'original') return shownOriginal(value);
  }
  if (log === 'clear' && Buffer.isBuffer(value)) return value.toString('hex').toUpperCase();
  return hidden(value);
};

const shownOriginal = (value: string): string => {
  const original = parseOriginal(value);
  if (original === undefined) return hidden(value);
  return `${original.mti}/${original.stan}/${original.transmittedAt}`;
};

const hidden = (value: FieldValue): string =>
  typeof value === 'string' || Buffer.isBuffer(value) ? `[${value.length} hidden]` : '[hidden]';

const isPositions = (value: FieldValue): value is Positions =>
  typeof value === 'object' && !Buffer.isBuffer(value) && !(value instanceof Map);

/** Every number that this message names as the card's. */
const cardNumbers = (message: Message): readonly string[] => {
  const { fields } = message;
  const numbers = new Set<string>();
  const add = (digits: string | undefined): void => {
    if (digits !== undefined && digits.length >= 12) numbers.add(digits);
  };
  for (const field of [2, 34]) {
    const value = fields[field];
    if (typeof value === 'string') add(value);
  }
  for (const field of [35, 36, 45]) {
    const value = fields[field];
    if (typeof value === 'string') add(/\d{12,19}/.exec(value)?.[0]);
  }
  if (fields[55] instanceof Map) addCardsOfTags(fields[55] as Tags, add);
  return [...numbers];
};

const addCardsOfTags = (tags: Tags, add: (digits: string | undefined) => void): void => {
  for (const [tag, value] of tags) {
    if (value instanceof Map) addCardsOfTags(value as Tags, add);
    else if ((tag === '5A' || tag === '57') && Buffer.isBuffer(value)) {
      add(/^\d{12,19}/.exec(value.toString('hex'))?.[0]);
    }
  }
};
