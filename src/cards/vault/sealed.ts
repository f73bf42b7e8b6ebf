// The cipher of the vault: AES-256-GCM, a fresh random nonce of 96 bits, and everything that says
// where the bytes belong bound in. Bytes moved to another row, field, account or mode do not open.

import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { Random, Scope } from '#kit/context';
import { Tampered } from './failures.ts';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OVERHEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

export type Place = {
  readonly scope: Scope;
  readonly card: string;
  readonly field: 'key' | 'number' | 'details';
  /** The key that sealed it: a data key for `key`, the card's own key for the rest. */
  readonly keyId: string;
};

export const seal = (
  random: Random,
  key: KeyObject | Buffer,
  clear: Buffer,
  place: Place,
): Buffer => {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(boundBytes(VERSION, place));
  const sealed = cipher.update(clear);
  cipher.final();
  return Buffer.concat([Buffer.of(VERSION), nonce, sealed, cipher.getAuthTag()]);
};

/** The caller zeroes what it gets. */
export const open = (key: KeyObject | Buffer, sealed: Buffer, place: Place): Buffer => {
  const version = sealed[0];
  if (sealed.length < OVERHEAD_BYTES || version !== VERSION) throw tampered(place);

  const tagAt = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(boundBytes(version, place));
  decipher.setAuthTag(sealed.subarray(tagAt));
  const clear = decipher.update(sealed.subarray(1 + NONCE_BYTES, tagAt));
  try {
    decipher.final();
  } catch {
    clear.fill(0);
    throw tampered(place);
  }
  return clear;
};

const boundBytes = (version: number, { scope, card, field, keyId }: Place): Buffer =>
  Buffer.from(
    `tollgate vault|v${version}|${scope.accountId}|${scope.livemode ? 'live' : 'test'}|${card}|${field}|${keyId}`,
  );

const tampered = (place: Place): Tampered =>
  new Tampered(`The sealed ${place.field} of card ${place.card} was changed or moved.`);
