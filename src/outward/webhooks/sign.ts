// Two signatures over the same bytes: Stripe's, which its SDKs check, and that of Standard Webhooks. One
// of each for every secret that counts, so that a secret can be rolled while deliveries wait.

import { hmacSha256 } from '#kit/crypto';

export type Signed = Readonly<Record<string, string>>;

export const signatureHeaders = (
  body: Buffer,
  input: { readonly eventId: string; readonly nowMs: number; readonly secrets: readonly string[] },
): Signed => {
  const seconds = Math.floor(input.nowMs / 1000);
  const stripe = input.secrets.map((secret) => {
    const mac = hmacSha256(Buffer.from(secret), Buffer.concat([Buffer.from(`${seconds}.`), body]));
    return `v1=${mac.toString('hex')}`;
  });
  const standard = input.secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const said = Buffer.concat([Buffer.from(`${input.eventId}.${seconds}.`), body]);
    return `v1,${hmacSha256(key, said).toString('base64')}`;
  });
  return {
    'stripe-signature': [`t=${seconds}`, ...stripe].join(','),
    'webhook-id': input.eventId,
    'webhook-timestamp': String(seconds),
    'webhook-signature': standard.join(' '),
  };
};
