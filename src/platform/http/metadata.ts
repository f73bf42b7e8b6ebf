// Metadata belongs to the merchant: text by text, merged by an update, limited after the merge.

import { ApiError } from './errors.ts';
import type { MetadataChange } from './schema.ts';
import { echo } from './sensitive.ts';

const metadataLimits = { keysMax: 50, keyLengthMax: 40, valueLengthMax: 500 } as const;

export type Metadata = Readonly<Record<string, string>>;

/**
 * `undefined` keeps everything, null removes everything, an empty value removes its key. Throws the
 * refusal when the result has too many keys.
 */
export const mergeMetadata = (
  old: Metadata,
  change: MetadataChange | undefined,
  param = 'metadata',
): Metadata => {
  if (change === undefined) return old;
  if (change === null) return {};

  const merged = new Map(Object.entries(old));
  for (const [key, value] of Object.entries(change)) {
    checkEntry(key, value, param);
    if (value === '') merged.delete(key);
    else merged.set(key, value);
  }

  checkCount(merged.size, param);
  return Object.fromEntries(merged);
};

/** Characters are counted as people do, so an emoji is one. */
export const checkEntry = (key: string, value: string, param: string): void => {
  const keyLength = lengthOf(key, metadataLimits.keyLengthMax);
  if (keyLength > metadataLimits.keyLengthMax) {
    throw new ApiError(
      400,
      `Metadata keys can have up to ${metadataLimits.keyLengthMax} characters, but you passed in a key that is ${keyLength} characters. Invalid key: ${echo(key)}`,
      { param },
    );
  }
  if (key === '' || key.includes('[') || key.includes(']')) {
    throw new ApiError(
      400,
      `Metadata keys cannot be empty or contain square brackets. Invalid key: ${echo(key)}`,
      { param },
    );
  }

  const valueLength = lengthOf(value, metadataLimits.valueLengthMax);
  if (valueLength > metadataLimits.valueLengthMax) {
    throw new ApiError(
      400,
      `Metadata values can have up to ${metadataLimits.valueLengthMax} characters, but you passed in a value that is ${valueLength} characters. Invalid value: ${echo(value)}`,
      { param: `${param}[${key}]` },
    );
  }
};

export const checkCount = (count: number, param: string): void => {
  if (count <= metadataLimits.keysMax) return;
  throw new ApiError(
    400,
    `You can have up to ${metadataLimits.keysMax} metadata keys, but this would make ${count}.`,
    { param },
  );
};

/** Exact where it is over the limit: no text has more characters than it is long. */
const lengthOf = (text: string, most: number): number =>
  text.length <= most ? text.length : characters(text);

/** Code points, counted only where the text might be over the limit. */
export const characters = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};
