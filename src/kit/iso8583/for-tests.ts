// Messages made at random from the data of a dialect: whatever its format allows. `pick` says how.

import type { Dialect, FieldFormat, Parts } from './dialect.ts';
import type { FieldValue, Message, Tags } from './message.ts';

/** A whole number from 0 to below `limit`. */
export type Pick = (limit: number) => number;

/** A small generator with a seed, so that a failure can be shown again. */
export const seededPick = (seed: number): Pick => {
  let state = seed | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
};

const requests = ['0100', '0110', '0200', '0220', '0221', '0400', '0420', '0421', '0430', '0800'];

export const anyMessage = (dialect: Dialect, pick: Pick, card?: string): Message => {
  const fields: Record<number, FieldValue> = {};
  for (const [key, format] of Object.entries(dialect.fields)) {
    if (pick(3) === 0) fields[Number(key)] = anyValue(format, dialect.spelling.digits, pick, card);
  }
  return { mti: requests[pick(requests.length)] as string, fields };
};

const anyValue = (
  format: FieldFormat,
  digits: string,
  pick: Pick,
  card: string | undefined,
): FieldValue => {
  if (format.parts !== undefined) return anyParts(format.parts, digits, pick, card);
  const length = anyLength(format, pick);
  if (format.content === 'b') return anyBytes(length, pick);
  const text = anyText(format.content, length, digits, pick);
  const canHoldCard = card !== undefined && length >= card.length && format.content !== 'xn';
  if (!canHoldCard || format.content === 'a') return text;
  const at = pick(length - card.length + 1);
  return text.slice(0, at) + card + text.slice(at + card.length);
};

const anyLength = ({ prefix, min = 1, length }: FieldFormat, pick: Pick): number => {
  if (prefix === undefined) return length;
  // Short ones mostly, and now and then the longest.
  return pick(8) === 0 ? length : min + pick(Math.min(length, 40) - min + 1);
};

const anyBytes = (length: number, pick: Pick): Buffer =>
  Buffer.from(Array.from({ length }, () => pick(256)));

const alphabets = {
  n: '0123456789',
  a: 'ABCxyz ',
  an: 'ABCxyz 0123456789',
  ans: Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join(''),
} as const;

const anyText = (
  content: Exclude<FieldFormat['content'], 'b'>,
  length: number,
  digits: string,
  pick: Pick,
): string => {
  if (content === 'xn') return 'CD'.charAt(pick(2)) + anyText('n', length - 1, digits, pick);
  const alphabet = content === 'z' ? trackAlphabet(digits) : alphabets[content];
  let text = '';
  for (let at = 0; at < length; at += 1) text += alphabet.charAt(pick(alphabet.length));
  return text;
};

const trackAlphabet = (digits: string): string =>
  digits === 'bcd' ? '0123456789=' : '0123456789=D';

const anyParts = (
  parts: Parts,
  digits: string,
  pick: Pick,
  card: string | undefined,
): FieldValue => {
  if (parts.by === 'ber-tag') return anyTags(parts.depth, pick, card);
  if (parts.by === 'position') {
    const values: Record<number, FieldValue> = {};
    for (const [at, part] of parts.of.entries()) {
      values[at + 1] = anyValue(part, digits, pick, card);
    }
    return values;
  }
  const values = new Map<string, FieldValue>();
  for (const [tag, part] of Object.entries(parts.of)) {
    if (values.size === 0 || pick(2) === 0) values.set(tag, anyValue(part, digits, pick, card));
  }
  return values;
};

const primitiveTags = [
  '5A',
  '57',
  '5F20',
  '5F24',
  '82',
  '95',
  '9C',
  '9F02',
  '9F26',
  '9F6B',
  'DF8129',
];
const constructedTags = ['70', 'E0', 'BF0C', 'FF8101'];

const anyTags = (depth: number, pick: Pick, card: string | undefined): Tags => {
  const tags = new Map<string, FieldValue>();
  const count = 1 + pick(4);
  for (let at = 0; at < count; at += 1) {
    if (depth > 1 && pick(4) === 0) {
      const tag = constructedTags[pick(constructedTags.length)] as string;
      tags.set(tag, anyTags(depth - 1, pick, card));
    } else {
      const tag = primitiveTags[pick(primitiveTags.length)] as string;
      tags.set(tag, card === undefined ? anyBytes(pick(12), pick) : cardOfTag(tag, card));
    }
  }
  return tags;
};

const cardOfTag = (tag: string, card: string): Buffer => {
  if (tag === '5F20' || tag === '9F6B') return Buffer.from(card, 'latin1');
  const digits = tag === '57' ? `${card}D29122010000` : card;
  return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}F`, 'hex');
};
