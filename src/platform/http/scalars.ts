// One reader per kind of value. Forms send text; JSON also sends numbers and booleans: both are read
// to the same typed value, or to a fault with Stripe's sentence.

import type { ApiError } from './errors.ts';
import { characters, checkCount, checkEntry } from './metadata.ts';
import type { Raw } from './raw.ts';
import { JsonNumber, nested, showRaw } from './raw.ts';
import {
  cardNumberRefused,
  currencyInvalid,
  emailInvalid,
  emptyParameter,
  integerInvalid,
  integerTooLarge,
  integerTooSmall,
  notOneOf,
  shapeInvalid,
  textTooLong,
  textTooShort,
  urlInvalid,
  valueInvalid,
} from './refusals.ts';
import type { CardPolicy, Wire } from './schema.ts';
import { containsCardNumber, countDigits } from './sensitive.ts';

/** Unknown names are all kept, of every other kind the first. */
export type Faults = {
  readonly unknown: string[];
  missing: ApiError | null;
  form: ApiError | null;
  exclusive: ApiError | null;
  /** What came by an older name: what it is called today, and by which name it came. */
  readonly called: Map<string, string>;
};

/** Gives the typed value, or undefined after noting a fault. */
export type Reader = (raw: Raw, name: string, faults: Faults) => unknown;

export const readerOfScalar = (wire: Wire): Reader => {
  switch (wire.kind) {
    case 'text':
      return textReader(wire);
    case 'integer':
      return integerReader(wire.minimum, wire.maximum);
    case 'clamped':
      return clampedReader(wire.minimum, wire.maximum);
    case 'boolean':
      return readBoolean;
    case 'decimal':
      return readDecimal;
    case 'timestampRange':
      return readTimestampRange;
    case 'oneOf':
      return oneOfReader(wire.values);
    case 'email':
      return readEmail;
    case 'url':
      return urlReader(isWebAddress);
    case 'returnUrl':
      return urlReader((text) => isWebAddress(text) || isAppAddress(text));
    case 'currency':
      return currencyReader(wire.codes);
    case 'metadata':
      return readMetadata;
    default:
      throw new Error(`There is no reader for a parameter of kind ${wire.kind}.`);
  }
};

/** The text of a scalar, or null for a list or a hash. */
const textOf = (raw: Raw): string | null => {
  if (typeof raw === 'string') return raw;
  if (raw instanceof JsonNumber) return raw.text;
  return typeof raw === 'boolean' ? String(raw) : null;
};

const textReader =
  ({ maxLength, minLength = 0, cards }: Extract<Wire, { kind: 'text' }>): Reader =>
  (raw, name, faults) => {
    const text = textOf(raw);
    if (text === null) {
      faults.form ??= valueInvalid('string', name, cards === 'accept' ? '…' : showRaw(raw));
      return undefined;
    }
    if (text.length > maxLength && characters(text) > maxLength) {
      faults.form ??= textTooLong(name, cards === 'accept' ? '' : text, maxLength);
      return undefined;
    }
    if (text.length < minLength) {
      faults.form ??= textTooShort(name, text, minLength);
      return undefined;
    }
    if (holdsCard(text, cards)) {
      faults.form ??= cardNumberRefused(name);
      return undefined;
    }
    return text;
  };

/** What is longer is a phone number with words around it, where a card number may stand as well. */
const PHONE_MAX = 20;

const holdsCard = (text: string, cards: CardPolicy): boolean => {
  if (cards === 'accept') return false;
  if (cards === 'refuseLong' && text.length <= PHONE_MAX && countDigits(text) < 16) {
    return false;
  }
  return containsCardNumber(text, { wholeWords: cards === 'refuseWord' });
};

// No sign but minus, no leading zero (octal to some), no exponent, no fraction: one spelling each.
const integerPattern = /^(?:0|-?[1-9]\d{0,15})$/;

const readInteger = (raw: Raw, name: string, faults: Faults): number | undefined => {
  const text = textOf(raw);
  const value = text !== null && integerPattern.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;

  faults.form ??= integerInvalid(name, text ?? showRaw(raw));
  return undefined;
};

const integerReader =
  (minimum: number, maximum: number): Reader =>
  (raw, name, faults) => {
    const value = readInteger(raw, name, faults);
    if (value === undefined) return undefined;
    if (value < minimum) faults.form ??= integerTooSmall(name, minimum);
    if (value > maximum) faults.form ??= integerTooLarge(name, maximum);
    return value;
  };

/** `limit`: out of range is brought into range, not refused. */
const clampedReader =
  (minimum: number, maximum: number): Reader =>
  (raw, name, faults) => {
    const value = readInteger(raw, name, faults);
    return value === undefined ? undefined : Math.min(Math.max(value, minimum), maximum);
  };

/** Older SDKs for Python write a form's booleans as Python prints them. */
const readBoolean: Reader = (raw, name, faults) => {
  if (raw === true || raw === 'true' || raw === 'True') return true;
  if (raw === false || raw === 'false' || raw === 'False') return false;
  faults.form ??= valueInvalid('boolean', name, showText(raw));
  return undefined;
};

const decimalPattern = /^(-?)(0|[1-9]\d{0,19})(?:\.(\d{1,12}))?$/;

const readDecimal: Reader = (raw, name, faults) => {
  const match = decimalPattern.exec(textOf(raw) ?? '');
  if (match === null) {
    faults.form ??= valueInvalid('decimal', name, showText(raw));
    return undefined;
  }

  const [, sign = '', whole = '0', fraction = ''] = match;
  let digits = fraction.length;
  while (digits > 0 && fraction[digits - 1] === '0') digits -= 1;
  const value = digits === 0 ? whole : `${whole}.${fraction.slice(0, digits)}`;
  return value === '0' ? value : sign + value;
};

const rangeBounds = new Set(['gt', 'gte', 'lt', 'lte']);

const readTimestampRange: Reader = (raw, name, faults) => {
  if (!(raw instanceof Map)) {
    const moment = readInteger(raw, name, faults);
    return moment === undefined ? undefined : { gte: moment, lte: moment };
  }

  const range: Record<string, number> = {};
  for (const [bound, sent] of raw) {
    const boundName = nested(name, bound);
    if (!rangeBounds.has(bound)) {
      faults.unknown.push(boundName);
      continue;
    }
    if (sent === '' || sent === null) {
      faults.form ??= emptyParameter(boundName);
      continue;
    }
    const moment = readInteger(sent, boundName, faults);
    if (moment !== undefined) range[bound] = moment;
  }
  return range;
};

const oneOfReader = (values: readonly string[]): Reader => {
  const allowed = new Map(values.map((value) => [value, value]));
  // `off_session` is a boolean to most, and a word to some: as in readBoolean.
  if (allowed.has('true')) allowed.set('True', 'true').set('False', 'false');

  return (raw, name, faults) => {
    const text = textOf(raw);
    const value = text === null ? undefined : allowed.get(text);
    if (value !== undefined) return value;
    faults.form ??= notOneOf(name, values);
    return undefined;
  };
};

// Each part excludes what ends it, so the pattern is linear. Mail servers know the rest.
const emailPattern = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;

const readEmail: Reader = (raw, name, faults) => {
  const text = textOf(raw);
  if (text === null || text.length > 512 || !emailPattern.test(text)) {
    faults.form ??= emailInvalid(name, showText(raw));
    return undefined;
  }
  if (containsCardNumber(text)) faults.form ??= cardNumberRefused(name);
  return text;
};

const urlReader =
  (isAddress: (text: string) => boolean): Reader =>
  (raw, name, faults) => {
    const text = textOf(raw);
    if (text === null || text.length > 5_000 || !isAddress(text)) {
      faults.form ??= urlInvalid(name);
      return undefined;
    }
    if (containsCardNumber(text)) faults.form ??= cardNumberRefused(name);
    return text;
  };

const isWebAddress = (text: string): boolean => {
  if (!/^https?:\/\//i.test(text) || /[\s\\]/.test(text)) return false;
  return URL.canParse(text.replaceAll(/[{}]/g, ''));
};

/** What a browser runs, or reads by itself, is no app that could be opened. */
const ofBrowsers: ReadonlySet<string> = new Set([
  'about',
  'blob',
  'data',
  'file',
  'filesystem',
  'ftp',
  'http',
  'https',
  'javascript',
  'vbscript',
  'view-source',
  'ws',
  'wss',
]);

const isAppAddress = (text: string): boolean => {
  const [, scheme] = /^([a-z][a-z0-9+.-]{1,100}):\/\/[^\s\\/?#]/i.exec(text) ?? [];
  if (scheme === undefined || /[\s\\]/.test(text)) return false;
  return !ofBrowsers.has(scheme.toLowerCase()) && URL.canParse(text);
};

const currencyReader = (codes: readonly string[]): Reader => {
  const known = new Set(codes);

  return (raw, name, faults) => {
    const text = textOf(raw);
    const code = text?.toLowerCase();
    if (code !== undefined && known.has(code)) return code;
    faults.form ??= currencyInvalid(name, showText(raw), codes);
    return undefined;
  };
};

const readMetadata: Reader = (raw, name, faults) => {
  if (!(raw instanceof Map)) {
    faults.form ??= shapeInvalid('object', name);
    return undefined;
  }

  const entries: [key: string, value: string][] = [];
  for (const [key, sent] of raw) {
    const text = sent === null ? '' : textOf(sent);
    if (text === null) {
      faults.form ??= valueInvalid('string', nested(name, key), showRaw(sent));
      continue;
    }
    entries.push([key, text]);
  }
  const values = Object.fromEntries(entries);

  // Lengths first, so that only short texts are searched.
  faults.form ??= metadataFault(values, name) ?? cardInMetadata(values, name);
  return values;
};

const cardInMetadata = (values: Record<string, string>, name: string): ApiError | null => {
  for (const [key, value] of Object.entries(values)) {
    if (containsCardNumber(key)) return cardNumberRefused(name);
    if (containsCardNumber(value)) return cardNumberRefused(nested(name, key));
  }
  return null;
};

const metadataFault = (values: Record<string, string>, name: string): ApiError | null => {
  try {
    for (const [key, value] of Object.entries(values)) checkEntry(key, value, name);
    checkCount(Object.values(values).filter((value) => value !== '').length, name);
    return null;
  } catch (error) {
    return error as ApiError;
  }
};

const showText = (raw: Raw): string => textOf(raw) ?? showRaw(raw);
