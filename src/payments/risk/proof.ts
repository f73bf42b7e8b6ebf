// Proof of work: a browser looks for a number whose hash with the challenge begins with so many zero bits.
// One card costs it a second; thousands cost hours. The challenge carries what it is bound to under a MAC,
// so nothing is stored until it is used; and it is used once, which the row of the try sees to.

import { type Context, realClock, type Scope } from '#kit/context';
import { hmacSha256, sameBytes, sha256 } from '#kit/crypto';
import { newUuid, type Uuid, uuidMs } from '#kit/ids';

export const PROOF_MS = 10 * 60_000;
export const PROOF_BITS = 13;
const BITS_MAX = 24;
/** Clocks of two processes, and ids that were made in one millisecond. */
const EARLY_MS = 5_000;

/** What a proof is good for: one session or intent, from one network. */
export type BoundTo = {
  readonly scope: Scope;
  readonly subject: string;
  readonly network: string;
};

export const challengeFor = (
  context: Pick<Context, 'clock' | 'random'>,
  key: Buffer,
  bound: BoundTo,
  bits: number,
): string => {
  const id = newUuid({ ...context, clock: realClock(context.clock) });
  return `${id}.${bits}.${macOf(key, bound, id, bits).toString('base64url')}`;
};

/** The id under which it is used up; null for what proves nothing here. */
export const readProof = (
  context: Pick<Context, 'clock'>,
  key: Buffer,
  bound: BoundTo,
  given: string,
): Uuid | null => {
  const [, id, bitsText, mac, answer] = pattern.exec(given) ?? [];
  if (id === undefined || bitsText === undefined || mac === undefined || answer === undefined) {
    return null;
  }
  const bits = Number(bitsText);
  const age = realClock(context.clock).now() - uuidMs(id);
  if (bits > BITS_MAX || age > PROOF_MS || age < -EARLY_MS) return null;
  if (!sameBytes(macOf(key, bound, id, bits), Buffer.from(mac, 'base64url'))) return null;
  return leadingZeros(sha256(given)) >= bits ? id : null;
};

const pattern =
  /^([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})\.(\d{1,2})\.([\w-]{22})\.(\d{1,12})$/;

const macOf = (key: Buffer, { scope, subject, network }: BoundTo, id: Uuid, bits: number): Buffer =>
  hmacSha256(
    key,
    JSON.stringify(['proof', scope.accountId, scope.livemode, subject, network, id, bits]),
  ).subarray(0, 16);

export const leadingZeros = (bytes: Buffer): number => {
  let count = 0;
  for (const byte of bytes) {
    if (byte !== 0) return count + Math.clz32(byte) - 24;
    count += 8;
  }
  return count;
};
