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

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** More than most requests say. */
const ROOM_BYTES = 4096;

export type Mac = (data: string | Buffer) => string;

/**
 * HMAC-SHA256, in hexadecimal digits, under a key that is used again and again and is never wiped. An object of
 * it costs some 4 µs, of which most goes into finding out what SHA-256 is; two plain hashes, which are what it
 * is made of (RFC 2104), cost 1. A payment has five.
 */
export const macUnder = (key: Buffer): Mac => {
  if (key.length > BLOCK_BYTES) throw new Error('A key for this is no longer than a block.');
  const inner = Buffer.alloc(BLOCK_BYTES + ROOM_BYTES, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c);
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  return (data) => {
    const length = Buffer.byteLength(data);
    if (length > ROOM_BYTES) return hmacSha256(key, data).toString('hex');
    if (typeof data === 'string') inner.write(data, BLOCK_BYTES);
    else inner.set(data, BLOCK_BYTES);
    const end = BLOCK_BYTES + length;
    outer.write(hash('sha256', inner.subarray(0, end), 'latin1'), BLOCK_BYTES, 'latin1');
    // What was said may be secret.
    inner.fill(0, BLOCK_BYTES, end);
    return hash('sha256', outer, 'hex');
  };
};

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
