// What the world gets from outside: time. Its chance is a seed, so that the same messages
// meet the same fate again.

import { createHmac } from 'node:crypto';
import type { Clock } from '#kit/context';

export type SandboxContext = {
  readonly clock: Clock;
  readonly seed: string;
};

/** A number from 0 up to 1 that this seed gives to these words, on every machine. */
export const drawOf = (seed: string, ...words: readonly string[]): number =>
  digestOf(seed, 'draw', ...words).readUIntBE(0, 6) / 2 ** 48;

const CODE_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Field 38: six letters and digits without those that look alike. */
export const authorizationCodeOf = (seed: string, key: string): string =>
  [...digestOf(seed, 'code', key).subarray(0, 6)]
    .map((byte) => CODE_LETTERS.charAt(byte % CODE_LETTERS.length))
    .join('');

/** What the journal and the books call a card: nobody gets back from it to the number. */
export const cardTokenOf = (seed: string, number: string): string =>
  `card_${digestOf(seed, 'card', number).toString('hex').slice(0, 16)}`;

export const fingerprintOf = (seed: string, ...words: readonly string[]): string =>
  digestOf(seed, 'fingerprint', ...words)
    .toString('hex')
    .slice(0, 16);

const digestOf = (seed: string, ...words: readonly string[]): Buffer =>
  createHmac('sha256', seed).update(JSON.stringify(words)).digest();
