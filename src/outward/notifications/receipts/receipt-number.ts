// `1234-5678`: what payer and merchant name a receipt by. The first receipts of an account count from one
// inside, and what is printed does not tell how many there were.

import { createHash } from 'node:crypto';
import type { Uuid } from '#kit/ids';

const HALF = 10_000;
/** Has no divisor with ten thousand in common, so that no two of a block are alike. */
const STEP = 6_947;

export const spellReceiptNumber = (accountId: Uuid, number: number): string => {
  const seed = createHash('sha256').update(`receipt ${accountId}`).digest().readUInt32BE(0);
  const block = Math.floor(number / HALF);
  const first = 1_000 + ((seed + block) % 9_000);
  const second = ((number % HALF) * STEP + (seed >>> 16)) % HALF;
  return `${first}-${String(second).padStart(4, '0')}`;
};
