// Two signatures over the same bytes: Stripe's, which its SDKs check, and that of Standard Webhooks. One
// of each for every secret that counts, so that a secret can be rolled while deliveries wait.

import { type Mac, macUnder } from '#kit/crypto';

export type Signed = Readonly<Record<string, string>>;

export const signatureHeaders = (
  body: string | Buffer,
  input: { readonly eventId: string; readonly nowMs: number; readonly secrets: readonly string[] },
): Signed => {
  const seconds = String(Math.floor(input.nowMs / 1000));
  const macs = input.secrets.map(macsUnder);
  const stripe = macs.map((under) => `v1=${under.stripe(`${seconds}.`, body)}`);
  const standard = macs.map(
    (under) => `v1,${under.standard(`${input.eventId}.${seconds}.`, body)}`,
  );
  return {
    'stripe-signature': [`t=${seconds}`, ...stripe].join(','),
    'webhook-id': input.eventId,
    'webhook-timestamp': seconds,
    'webhook-signature': standard.join(' '),
  };
};

type Macs = { readonly stripe: Mac; readonly standard: Mac };

const KEPT_MAX = 1_000;
const known = new Map<string, Macs>();

const macsUnder = (secret: string): Macs => {
  const before = known.get(secret);
  if (before !== undefined) return before;
  if (known.size >= KEPT_MAX) known.clear();
  const macs = {
    stripe: macUnder(Buffer.from(secret)),
    standard: macUnder(Buffer.from(secret.replace(/^whsec_/, ''), 'base64'), 'base64'),
  };
  known.set(secret, macs);
  return macs;
};
