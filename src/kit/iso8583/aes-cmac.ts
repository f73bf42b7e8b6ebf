// AES-CMAC: RFC 4493, for links that have left DES. The first half of the code goes into the message.

import { createCipheriv } from 'node:crypto';
import { assert } from '#kit/assert';
import { MAC_BYTES } from './mac.ts';

const BLOCK = 16;
const zeros = Buffer.alloc(BLOCK);

/** For the MAC field of a message. */
export const aesMac =
  (key: Buffer) =>
  (bytes: Buffer): Buffer =>
    aesCmac(key, bytes).subarray(0, MAC_BYTES);

export const aesCmac = (key: Buffer, bytes: Buffer): Buffer => {
  assert([16, 24, 32].includes(key.length), 'An AES key has 16, 24 or 32 bytes');
  const whole = bytes.length > 0 && bytes.length % BLOCK === 0;
  const once = doubled(encrypt(key, zeros));
  const subkey = whole ? once : doubled(once);

  const content = whole ? bytes : Buffer.concat([bytes, Buffer.from([0x80])]);
  const padded = Buffer.concat([content], Math.ceil(content.length / BLOCK) * BLOCK);
  const last = padded.length - BLOCK;
  for (let next = 0; next < BLOCK; next += 1) {
    padded[last + next] = (padded[last + next] as number) ^ (subkey[next] as number);
  }
  return encrypt(key, padded).subarray(-BLOCK);
};

const encrypt = (key: Buffer, bytes: Buffer): Buffer => {
  const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, zeros).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
};

/** Twice in the field of 2^128: a shift to the left, and 0x87 when a bit falls out. */
const doubled = (block: Buffer): Buffer => {
  const twice = Buffer.alloc(BLOCK);
  for (let next = 0; next < BLOCK; next += 1) {
    const carried = (block[next + 1] ?? 0) >> 7;
    twice[next] = (((block[next] as number) << 1) | carried) & 0xff;
  }
  if ((block[0] as number) >> 7 === 1) twice[BLOCK - 1] = (twice[BLOCK - 1] as number) ^ 0x87;
  return twice;
};
