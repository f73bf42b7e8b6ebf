// What a key looks like: `sk_test_` + 8 characters that find it + 33 that prove it (192 random bits)
// + 6 that catch a typing error before the database is asked.

import { crc32 } from 'node:zlib';
import type { Random, Scope } from '#kit/context';
import { sha256 } from '#kit/crypto';
import { spellBytes, type Uuid } from '#kit/ids';

export const keyKinds = { secret: 1, restricted: 2, publishable: 3 } as const;
export type KeyKind = keyof typeof keyKinds;

const prefixes: Readonly<Record<KeyKind, string>> = {
  secret: 'sk',
  restricted: 'rk',
  publishable: 'pk',
};

export type Permissions = Readonly<Record<string, 'read' | 'write'>>;

export type ApiKey = {
  readonly id: Uuid;
  readonly scope: Scope;
  readonly kind: KeyKind;
  readonly hint: string;
  readonly name: string;
  readonly permissions: Permissions;
  readonly allowedAddresses: readonly string[];
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
};

const LOOKUP_LENGTH = 8;
const SECRET_BYTES = 24;
const CHECKSUM_LENGTH = 6;

export const newKeyText = (random: Random, kind: KeyKind, livemode: boolean): string => {
  const lookup = spellBytes(random.bytes(8)).slice(-LOOKUP_LENGTH);
  const secret = spellBytes(random.bytes(SECRET_BYTES));
  const text = `${prefixes[kind]}_${livemode ? 'live' : 'test'}_${lookup}${secret}`;
  return text + checksumOf(text);
};

export type ReadKey = { readonly lookup: string; readonly hash: Buffer };

/** Null when it cannot be one of our keys; it may be one with a typing error. */
export const readKeyText = (text: string): ReadKey | null => {
  const match = /^[spr]k_(?:test|live)_([0-9A-Za-z]{8})[0-9A-Za-z]{39}$/.exec(text);
  if (!match) return null;
  const [, lookup = ''] = match;
  return { lookup, hash: sha256(text) };
};

/** Asked before the database is, which then is not. */
export const isMistyped = (text: string): boolean =>
  checksumOf(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH);

export const hintOf = (text: string): string => text.slice(-4);

const checksumOf = (text: string): string => {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(text));
  return spellBytes(sum);
};
