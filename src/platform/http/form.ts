// Decodes `application/x-www-form-urlencoded`, in bodies and in queries, with the bracket notations
// that Stripe's clients write: `a[b]=`, `a[0]=`, `a[]=` and `a[][b]=`, brackets plain or percent-
// encoded, a space as `+` or `%20`. Indices stay names here; the schema knows what is an array.

import { ApiError } from './errors.ts';
import type { Raw, RawMap } from './raw.ts';
import { checkName, checkText, givenTwice, limits, tooDeep, tooManyKeys } from './raw.ts';
import { echo } from './sensitive.ts';

export const decodeForm = (text: string): RawMap => {
  const root: RawMap = new Map();
  let keys = 0;
  let start = 0;

  while (start < text.length) {
    const found = text.indexOf('&', start);
    const end = found === -1 ? text.length : found;
    if (end > start) {
      keys += 1;
      if (keys > limits.keysMax) throw tooManyKeys();
      decodePair(root, text.slice(start, end));
    }
    start = end + 1;
  }
  return root;
};

const decodePair = (root: RawMap, pair: string): void => {
  const equals = pair.indexOf('=');
  const encodedName = equals === -1 ? pair : pair.slice(0, equals);

  const name = decodeText(encodedName, null);
  const value = equals === -1 ? '' : decodeText(pair.slice(equals + 1), name);
  checkText(value, name);

  if (name.includes('[') || name.includes(']')) {
    place(root, splitName(name), name, value);
    return;
  }
  if (name === '') throw nameMalformed(name);
  checkName(name, name);
  if (root.has(name)) throw givenTwice(name);
  root.set(name, value);
};

const decodeText = (encoded: string, name: string | null): string => {
  const text = encoded.includes('+') ? encoded.replaceAll('+', ' ') : encoded;
  if (!text.includes('%')) return text;

  try {
    return decodeURIComponent(text);
  } catch {
    throw escapeMalformed(text, name);
  }
};

/** `items[0][price]` → `items`, `0`, `price`; an empty pair of brackets is an empty segment. */
const splitName = (name: string): string[] => {
  const open = name.indexOf('[');
  const base = open === -1 ? name : name.slice(0, open);
  if (base === '' || base.includes(']')) throw nameMalformed(name);

  const segments = [base];
  checkName(base, base);
  let position = open;

  while (position < name.length) {
    const close = name.indexOf(']', position);
    if (name[position] !== '[' || close === -1) throw nameMalformed(name);

    const segment = name.slice(position + 1, close);
    if (segment.includes('[')) throw nameMalformed(name);
    checkName(segment, name.slice(0, close + 1));

    segments.push(segment);
    if (segments.length > limits.depthMax) throw tooDeep();
    position = close + 1;
  }
  return segments;
};

const place = (root: RawMap, segments: readonly string[], name: string, value: string): void => {
  const last = segments.length - 1;
  let node = root;

  for (let at = 0; ; ) {
    const key = segments[at]!;

    if (at === last) {
      if (node.has(key)) throw givenTwice(name);
      node.set(key, value);
      return;
    }

    if (segments[at + 1] !== '') {
      node = mapUnder(node, key, name);
      at += 1;
      continue;
    }

    const items = listUnder(node, key, name);
    if (at + 1 === last) {
      items.push(value);
      return;
    }
    if (segments[at + 2] === '') throw nameMalformed(name);
    node = elementFor(items, segments, at + 2);
    at += 2;
  }
};

const mapUnder = (node: RawMap, key: string, name: string): RawMap => {
  const present = node.get(key);
  if (present instanceof Map) return present;
  if (present !== undefined) throw shapesMixed(name);

  const created: RawMap = new Map();
  node.set(key, created);
  return created;
};

const listUnder = (node: RawMap, key: string, name: string): Raw[] => {
  const present = node.get(key);
  if (Array.isArray(present)) return present;
  if (present !== undefined) throw shapesMixed(name);

  const created: Raw[] = [];
  node.set(key, created);
  return created;
};

/** The last element, or a new one when the last already has what comes: a repeated key opens it. */
const elementFor = (items: Raw[], segments: readonly string[], from: number): RawMap => {
  const current = items.at(-1);
  if (current instanceof Map && !holds(current, segments, from)) return current;

  const created: RawMap = new Map();
  items.push(created);
  return created;
};

const holds = (element: RawMap, segments: readonly string[], from: number): boolean => {
  let node: Raw | undefined = element;

  for (let at = from; at < segments.length; at++) {
    const key = segments[at]!;
    if (key === '' || !(node instanceof Map)) return false;
    node = node.get(key);
    if (node === undefined) return false;
  }
  return true;
};

const nameMalformed = (name: string): ApiError =>
  new ApiError(
    400,
    `Invalid parameter name: '${echo(name)}'. Brackets must be paired, as in a[b].`,
  );

const shapesMixed = (name: string): ApiError =>
  new ApiError(
    400,
    `The parameter '${echo(name)}' contradicts another one of this request: one name cannot hold a value, a list and named fields at once.`,
    { param: echo(name) },
  );

const escapeMalformed = (text: string, name: string | null): ApiError => {
  const where = name === null ? 'a parameter name' : `the parameter '${echo(name)}'`;
  const bad = /%(?![0-9a-f]{2}).{0,2}/i.exec(text)?.[0];
  const what = bad === undefined ? 'bytes that are not UTF-8' : `the sequence '${bad}'`;

  return new ApiError(
    400,
    `Invalid percent-encoding in ${where}: ${what}.`,
    name === null ? {} : { param: echo(name) },
  );
};
