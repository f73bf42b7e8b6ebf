// What Stripe sends. Signed over the time and the very bytes; believed only when a secret is set, the
// signature fits and the time is of now. The object in it is mapped as an answer would be.

import { hmacSha256, sameBytes } from '#kit/crypto';
import { parseJsonText } from '#kit/http-client';
import type { ConnectorAccount, RawWebhook, Said, WebhookReader } from '#rails/connectors';
import type { Outcome } from '#rails/operations';
import { mapRefund } from './after-payment.ts';
import { idAt, isJson, type Json, objectAt, textAt } from './api.ts';
import { mapPayment, namesOf } from './map-payment.ts';

const TOLERANCE_MS = 300_000;

const verify: WebhookReader['verify'] = ({ body, headers }, account, nowMs) => {
  const secrets = secretsOf(account);
  if (secrets.length === 0) return { ok: false, code: 'no_secret' };

  const parts = (headers['stripe-signature'] ?? '').split(',').map((part) => part.split('='));
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  const signatures = parts.filter(([name]) => name === 'v1').map(([, value = '']) => value);
  if (!/^\d{1,12}$/.test(time)) return { ok: false, code: 'malformed' };

  const signed = Buffer.concat([Buffer.from(`${time}.`), body]);
  const fits = secrets.some((secret) => {
    const expected = hmacSha256(Buffer.from(secret), signed);
    return signatures.some((each) => sameBytes(Buffer.from(each, 'hex'), expected));
  });
  if (!fits) return { ok: false, code: 'signature' };
  if (Math.abs(nowMs - Number(time) * 1000) > TOLERANCE_MS) return { ok: false, code: 'too_old' };

  const event = parseJsonText(body.toString());
  const eventId = isJson(event) ? textAt(event, 'id') : null;
  return eventId === null ? { ok: false, code: 'malformed' } : { ok: true, eventId };
};

/** Two while one is rolled. */
const secretsOf = ({ settings }: ConnectorAccount): string[] =>
  String(settings['webhook_secret'] ?? '')
    .split(/\s+/)
    .filter((secret) => secret !== '');

const read = ({ body }: RawWebhook): Said[] => {
  const event = parseJsonText(body.toString());
  if (!isJson(event)) return [];
  const object = objectAt(objectAt(event, 'data') ?? {}, 'object');
  if (object === null) return [];
  const type = textAt(event, 'type') ?? '';
  if (type.startsWith('payment_intent.')) return readPayment(object);
  return type.startsWith('refund.') ? readRefund(object) : [];
};

const readPayment = (intent: Json): Said[] => {
  const { reference } = namesOf(intent);
  if (reference === null) return [];
  const kind = textAt(intent, 'capture_method') === 'manual' ? 'authorize' : 'sale';
  return [{ of: { reference }, says: unexpanded(intent, mapPayment({ kind, reference }, intent)) }];
};

/** An event names the charge and does not hold it: what it leaves out is not told. */
const unexpanded = (intent: Json, says: Outcome): Outcome =>
  says.outcome === 'declined' && says.code === 'canceled' && idAt(intent, 'latest_charge') !== null
    ? { ...says, outcome: 'reversed' }
    : says;

const readRefund = (object: Json): Said[] => {
  const { reference } = namesOf(object);
  return reference === null ? [] : [{ of: { reference }, says: mapRefund(object) }];
};

export const webhook: WebhookReader = { verify, read };
