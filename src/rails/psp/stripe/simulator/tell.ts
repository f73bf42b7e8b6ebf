// Telling whoever has registered a webhook endpoint, signed as Stripe signs.

import { createHmac } from 'node:crypto';
import { type Intent, type Objects, renderIntent } from './objects.ts';
import type { Setting } from './setting.ts';

export const signatureOf = (secret: string, body: string, atMs: number): string => {
  const time = Math.floor(atMs / 1000);
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
};

const types: Readonly<Record<string, string>> = {
  canceled: 'payment_intent.canceled',
  processing: 'payment_intent.processing',
  requires_payment_method: 'payment_intent.payment_failed',
  succeeded: 'payment_intent.succeeded',
};

export const createTelling =
  ({ nowMs, realMs, draw, post }: Setting, { endpoints }: Objects) =>
  (intent: Intent): void => {
    const type = types[intent.status];
    if (type === undefined) return;
    const body = JSON.stringify({
      id: `evt_${draw(16)}`,
      object: 'event',
      created: Math.floor(nowMs() / 1000),
      type,
      data: { object: renderIntent(intent, false) },
    });
    for (const { url, secret } of endpoints.values()) {
      post(url, { body, headers: { 'stripe-signature': signatureOf(secret, body, realMs()) } });
    }
  };
