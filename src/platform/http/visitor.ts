// Who asks without a secret key: where they call from, the name that our page gave their browser, and the
// work that they say they have done. None of it is believed to be more than that.

import type { IncomingMessage } from 'node:http';
import type { Visitor } from '#kit/context';
import { networkOf } from './network-of.ts';

const DEVICE = 'tollgate_device';
const DEVICE_S = 365 * 24 * 60 * 60;
const PROOF_LENGTH_MAX = 120;

export const visitorOf = (
  { headers }: Pick<IncomingMessage, 'headers'>,
  address: string,
): Visitor => {
  const proof = headers['tollgate-proof'];
  return {
    network: networkOf(address),
    device:
      new RegExp(`(?:^|; )${DEVICE}=([\\w-]{22})(?:;|$)`).exec(headers.cookie ?? '')?.[1] ?? null,
    proof: typeof proof === 'string' && proof.length <= PROOF_LENGTH_MAX ? proof : null,
  };
};

/** Sixteen random bytes that mean nothing but that it is the same browser; no script sees them. */
export const deviceCookie = (random: { bytes(count: number): Buffer }, isSecure: boolean): string =>
  `${DEVICE}=${random.bytes(16).toString('base64url')}; Path=/; Max-Age=${DEVICE_S}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
