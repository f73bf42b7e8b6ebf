// A proof of work, as a browser finds it.

import { createHash } from 'node:crypto';
import { leadingZeros } from '../../src/payments/risk/proof.ts';

export const prove = (challenge: string): string => {
  const bits = Number(challenge.split('.')[1]);
  for (let n = 0; ; n += 1) {
    const proof = `${challenge}.${n}`;
    if (leadingZeros(createHash('sha256').update(proof).digest()) >= bits) return proof;
  }
};
