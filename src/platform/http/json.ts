// A strict JSON parser for bodies. `JSON.parse` keeps the last of two equal keys and rounds large
// integers, both in silence; where money is named, either would pay the wrong amount. Numbers are
// kept as text, so that the schema decides.

import { ApiError } from './errors.ts';
import type { Raw, RawMap } from './raw.ts';
import {
  checkName,
  checkText,
  givenTwice,
  JsonNumber,
  limits,
  nested,
  tooDeep,
  tooManyKeys,
} from './raw.ts';

/** The body as a tree. It has to be an object: parameters have names. */
export const parseJson = (text: string): RawMap => {
  const reader: Reader = { text, at: 0, keys: 0 };

  skipSpace(reader);
  if (text[reader.at] !== '{') throw jsonInvalid(reader);
  const value = readObject(reader, '', 1);
  skipSpace(reader);
  if (reader.at < text.length) throw jsonInvalid(reader);
  return value;
};

type Reader = { readonly text: string; at: number; keys: number };

const readValue = (reader: Reader, name: string, depth: number): Raw => {
  skipSpace(reader);
  const { text, at } = reader;

  switch (text[at]) {
    case '{':
      return readObject(reader, name, depth + 1);
    case '[':
      return readArray(reader, name, depth + 1);
    case '"':
      return readString(reader, name);
    case 't':
      return readWord(reader, 'true', true);
    case 'f':
      return readWord(reader, 'false', false);
    case 'n':
      return readWord(reader, 'null', null);
    default:
      return readNumber(reader);
  }
};

const readObject = (reader: Reader, name: string, depth: number): RawMap => {
  if (depth > limits.depthMax) throw tooDeep();
  const fields: RawMap = new Map();

  reader.at += 1;
  skipSpace(reader);
  if (take(reader, '}')) return fields;

  for (;;) {
    skipSpace(reader);
    if (reader.text[reader.at] !== '"') throw jsonInvalid(reader);
    const key = readString(reader, name);
    const field = nested(name, key);
    checkName(key, field);
    if (fields.has(key)) throw givenTwice(field);
    countKey(reader);

    skipSpace(reader);
    if (!take(reader, ':')) throw jsonInvalid(reader);
    fields.set(key, readValue(reader, field, depth));

    skipSpace(reader);
    if (take(reader, '}')) return fields;
    if (!take(reader, ',')) throw jsonInvalid(reader);
  }
};

const readArray = (reader: Reader, name: string, depth: number): Raw[] => {
  if (depth > limits.depthMax) throw tooDeep();
  const items: Raw[] = [];

  reader.at += 1;
  skipSpace(reader);
  if (take(reader, ']')) return items;

  for (;;) {
    countKey(reader);
    items.push(readValue(reader, nested(name, items.length), depth));

    skipSpace(reader);
    if (take(reader, ']')) return items;
    if (!take(reader, ',')) throw jsonInvalid(reader);
  }
};

const readString = (reader: Reader, name: string): string => {
  const { text } = reader;
  const start = reader.at;
  let end = start + 1;
  let escaped = false;

  for (; ; end++) {
    const code = text.charCodeAt(end);
    if (code === 0x22) break;
    if (code === 0x5c) {
      escaped = true;
      end += 1;
    } else if (code < 0x20 || Number.isNaN(code)) {
      reader.at = Math.min(end, text.length);
      throw jsonInvalid(reader);
    }
    if (end >= text.length) throw jsonInvalid(reader);
  }

  reader.at = end + 1;
  const value = escaped ? unescape(reader, start, end + 1) : text.slice(start + 1, end);
  checkText(value, name);
  return value;
};

/** The escapes of one literal are left to the engine, which refuses the malformed ones. */
const unescape = (reader: Reader, start: number, end: number): string => {
  try {
    return JSON.parse(reader.text.slice(start, end)) as string;
  } catch {
    reader.at = start;
    throw jsonInvalid(reader);
  }
};

// Sticky, and without two repetitions that could match the same digits: linear in the number.
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const readNumber = (reader: Reader): JsonNumber => {
  numberPattern.lastIndex = reader.at;
  const match = numberPattern.exec(reader.text)?.[0];
  if (match === undefined) throw jsonInvalid(reader);

  reader.at += match.length;
  return new JsonNumber(match);
};

const readWord = <T extends Raw>(reader: Reader, word: string, value: T): T => {
  if (!reader.text.startsWith(word, reader.at)) throw jsonInvalid(reader);
  reader.at += word.length;
  return value;
};

const take = (reader: Reader, character: string): boolean => {
  if (reader.text[reader.at] !== character) return false;
  reader.at += 1;
  return true;
};

const skipSpace = (reader: Reader): void => {
  for (;;) {
    const code = reader.text.charCodeAt(reader.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    reader.at += 1;
  }
};

const countKey = (reader: Reader): void => {
  reader.keys += 1;
  if (reader.keys > limits.keysMax) throw tooManyKeys();
};

const jsonInvalid = ({ at }: Reader): ApiError =>
  new ApiError(
    400,
    `Invalid JSON in the request body, at character ${at}. The body must be one JSON object, or application/x-www-form-urlencoded.`,
  );
