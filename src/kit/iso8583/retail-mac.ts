// Retail MAC: ANSI X9.19, ISO 9797-1 algorithm 3. Single DES over the chain, triple DES on its last
// block. OpenSSL has put single DES away, and triple DES with one key three times is the same cipher.

import { createCipheriv } from 'node:crypto';
import { assert } from '#kit/assert';
import { MAC_BYTES } from './mac.ts';

const BLOCK = 8;

/** `zeros` fills up the last block; `one-and-zeros` always adds a bit of one first. */
export type MacPadding = 'zeros' | 'one-and-zeros';

export const retailMac =
  (key: Buffer, padding: MacPadding) =>
  (bytes: Buffer): Buffer => {
    assert(key.length === 16, 'A retail MAC has a key of two halves, 16 bytes');
    const left = key.subarray(0, BLOCK);
    const padded = padBlocks(bytes, padding);
    const last = padded.length - BLOCK;
    const chain = last === 0 ? zeros : encrypt(thrice(left), zeros, padded.subarray(0, last));
    return encrypt(Buffer.concat([key, left]), chain.subarray(-BLOCK), padded.subarray(last));
  };

const zeros = Buffer.alloc(BLOCK);
const thrice = (key: Buffer): Buffer => Buffer.concat([key, key, key]);

const encrypt = (key: Buffer, iv: Buffer, bytes: Buffer): Buffer => {
  const cipher = createCipheriv('des-ede3-cbc', key, iv).setAutoPadding(false);
  const code = Buffer.concat([cipher.update(bytes), cipher.final()]);
  assert(code.length >= MAC_BYTES, 'A cipher gives whole blocks');
  return code;
};

const padBlocks = (bytes: Buffer, padding: MacPadding): Buffer => {
  const content = padding === 'zeros' ? bytes : Buffer.concat([bytes, Buffer.from([0x80])]);
  const blocks = Math.max(1, Math.ceil(content.length / BLOCK));
  return Buffer.concat([content], blocks * BLOCK);
};
