// The few cryptographic moves of the product, each with one spelling. Card data has its own in the vault.

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hash,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import type { Random } from '#kit/context';

export const sha256 = (data: string | Buffer): Buffer => hash('sha256', data, 'buffer');

export const hmacSha256 = (key: Buffer, data: string | Buffer): Buffer =>
  createHmac('sha256', key).update(data).digest();

/** The same in hexadecimal digits: where they are wanted anyway, a buffer between costs as much again. */
export const hmacSha256Hex = (key: Buffer, data: string | Buffer): string =>
  createHmac('sha256', key).update(data).digest('hex');

/** Compares digests of one length; a different length is a difference, not an exception. */
export const sameBytes = (a: Buffer, b: Buffer): boolean =>
  a.length === b.length && timingSafeEqual(a, b);

/** One master secret, many keys: the purpose is part of the key, so no key is used for two things. */
export const deriveKey = (master: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `tollgate:${purpose}`, 32));

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM: nonce, ciphertext, tag. `bound` must be the same when it is opened. */
export const seal = (random: Random, key: Buffer, clear: Buffer, bound: string): Buffer => {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound));
  return Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
};

/** Throws when a byte, the key or what it was bound to has changed. */
export const open = (key: Buffer, sealed: Buffer, bound: string): Buffer => {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(bound))
    .setAuthTag(tag);
  return Buffer.concat([
    decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)),
    decipher.final(),
  ]);
};
