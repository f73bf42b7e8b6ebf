// What a caller sent, decoded but not yet believed: the form decoder and the JSON parser both end in
// this tree, so that the schema is walked once and a form and a JSON body mean the same.

import { ApiError } from './errors.ts';
import { echo } from './sensitive.ts';

export type Raw = string | boolean | null | JsonNumber | readonly Raw[] | RawMap;

/**
 * A Map and not an object: a caller's names become properties of nothing, unless a schema knows them or leaves
 * them free, as metadata does. Those are made by `Object.fromEntries`, which defines what an assignment could set.
 */
export type RawMap = Map<string, Raw>;

/** A JSON number as it was written, because a double would round 9007199254740993 in silence. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Nothing of the API comes near these; they bound the work that a hostile body can cause. */
export const limits = { depthMax: 20, keysMax: 1_000 } as const;

/**
 * Refuses the one name that could reach a prototype, whatever schema it would have met later, and also where names
 * are free: a receiver of ours may assign what we only define. `path` is the name with all that stands before it.
 */
export const checkName = (name: string, path: string): void => {
  if (name === '__proto__') {
    throw new ApiError(400, `Received unknown parameter: ${echo(path)}`, {
      code: 'parameter_unknown',
      param: echo(path),
    });
  }
  checkText(name, name);
};

/** PostgreSQL stores no NUL, and a lone surrogate has no UTF-8: both would fail far from here. */
export const checkText = (text: string, name: string): void => {
  if (text.includes('\0')) {
    throw new ApiError(400, `Invalid string: the parameter contains a NUL character.`, {
      param: echo(name.replaceAll('\0', '')),
    });
  }
  if (!text.isWellFormed()) {
    throw new ApiError(400, 'Invalid string: the parameter contains half of a surrogate pair.', {
      param: echo(name),
    });
  }
};

export const tooDeep = (): ApiError =>
  new ApiError(400, `Parameters may be nested at most ${limits.depthMax} levels deep.`);

export const tooManyKeys = (): ApiError =>
  new ApiError(400, `A request may carry at most ${limits.keysMax} parameters.`);

export const givenTwice = (name: string): ApiError =>
  new ApiError(400, `The parameter '${echo(name)}' was given more than once.`, {
    param: echo(name),
  });

/** `payment_method_data` and `card` → `payment_method_data[card]`, as errors name it. */
export const nested = (name: string, key: string | number): string =>
  name === '' ? String(key) : `${name}[${key}]`;

/** The tree as compact JSON, the way error texts show a value of the wrong kind. */
export const showRaw = (raw: Raw): string => {
  if (typeof raw === 'string') return raw;
  return echo(JSON.stringify(plain(raw)));
};

const plain = (raw: Raw): unknown => {
  if (raw instanceof JsonNumber) return Number(raw.text);
  if (raw instanceof Map) {
    return Object.fromEntries([...raw].map(([key, value]) => [key, plain(value)]));
  }
  if (Array.isArray(raw)) return raw.map(plain);
  return raw;
};
