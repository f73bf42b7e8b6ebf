// How an id is spelled at the edge: a prefix that names its kind and 22 letters and digits that carry
// the 128 bits. The spelling keeps the order of time.

import { type Uuid, uuidFromBytes } from './uuid.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const WIDTH = 22;
const LIMIT = 1n << 128n;

const valueOf = new Map<string, bigint>(
  [...ALPHABET].map((letter, value) => [letter, BigInt(value)]),
);

export const spellId = (prefix: string, uuid: Uuid): string => {
  let rest = BigInt(`0x${uuid.replaceAll('-', '')}`);
  let spelled = '';
  for (let place = 0; place < WIDTH; place += 1) {
    spelled = (ALPHABET[Number(rest % 62n)] as string) + spelled;
    rest /= 62n;
  }
  return `${prefix}_${spelled}`;
};

/** Null when it is not an id of that kind. Ids are compared byte for byte: there is one spelling. */
export const parseId = (prefix: string, spelled: string): Uuid | null => {
  if (spelled.length !== prefix.length + 1 + WIDTH || !spelled.startsWith(`${prefix}_`))
    return null;

  let value = 0n;
  for (const letter of spelled.slice(prefix.length + 1)) {
    const digit = valueOf.get(letter);
    if (digit === undefined) return null;
    value = value * 62n + digit;
  }
  if (value >= LIMIT) return null;
  return uuidFromBytes(Buffer.from(value.toString(16).padStart(32, '0'), 'hex'));
};

/** Letters and digits with at least that many random bits, for secrets that people copy. */
export const spellBytes = (bytes: Buffer): string => {
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  const length = Math.ceil((bytes.length * 8) / Math.log2(62));
  let spelled = '';
  for (let place = 0; place < length; place += 1) {
    spelled = (ALPHABET[Number(rest % 62n)] as string) + spelled;
    rest /= 62n;
  }
  return spelled;
};
