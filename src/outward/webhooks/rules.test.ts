// The rules of webhooks that need neither a database nor a network.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import Stripe from 'stripe';
import { seededRandom } from '../../kit/context/for-tests.ts';
import { liveSecrets, newSecret, rolled } from './endpoint.ts';
import { AT_FIRST, createLanes } from './lanes.ts';
import { nextTryAtMs, TRIES_MAX, waitsMs } from './schedule.ts';
import { signatureHeaders } from './sign.ts';

const HOUR = 3_600_000;
const stripe = new Stripe('sk_test_x');

describe('the schedule', () => {
  const context = { random: seededRandom('schedule') };
  const failed = (tries: number, retryAfterMs: number | null = null) =>
    nextTryAtMs(context, { tries, nowMs: 0, retryAfterMs });

  test('is ten tries in 75 hours and 35 minutes, each moved by at most a fifth', () => {
    assert.equal(TRIES_MAX, 10);
    const whole = waitsMs.reduce<number>((sum, wait) => sum + wait, 0);
    assert.equal(whole, 75 * HOUR + 35 * 60_000 + 5_000);
    for (const [at, wait] of waitsMs.entries()) {
      const seen = Array.from({ length: 200 }, () => failed(at + 1) ?? 0);
      assert.ok(
        Math.min(...seen) >= wait * 0.8 && Math.max(...seen) <= wait * 1.2,
        `try ${at + 2}`,
      );
      assert.ok(new Set(seen).size > 50, 'Chance moves them.');
    }
    assert.equal(failed(10), null);
  });

  test('waits as long as the receiver asks, up to a day', () => {
    assert.equal(failed(1, 60_000), 60_000);
    assert.equal(failed(1, 90 * HOUR), 24 * HOUR);
  });
});

describe('a secret', () => {
  const context = { random: seededRandom('secret') };
  const first = [{ text: newSecret(context), endsAtMs: null }];

  test('signs beside its successor until it ends', () => {
    const both = rolled(first, 'whsec_new', { nowMs: 1_000, overlapMs: 24 * HOUR });
    assert.deepEqual(liveSecrets(both, 1_000), ['whsec_new', first[0]?.text]);
    assert.deepEqual(liveSecrets(both, 1_000 + 24 * HOUR), ['whsec_new']);
  });

  test('that was rolled twice ends when it would have, and not later', () => {
    const once = rolled(first, 'whsec_b', { nowMs: 0, overlapMs: HOUR });
    const twice = rolled(once, 'whsec_c', { nowMs: HOUR / 2, overlapMs: 24 * HOUR });
    assert.deepEqual(liveSecrets(twice, HOUR), ['whsec_c', 'whsec_b']);
  });

  test('that is ended at once signs nothing any more', () => {
    const next = rolled(first, 'whsec_new', { nowMs: 0, overlapMs: 0 });
    assert.deepEqual(next, [{ text: 'whsec_new', endsAtMs: null }]);
  });
});

describe('the signature', () => {
  const secret = newSecret({ random: seededRandom('signing') });
  const body = Buffer.from('{\n  "id": "evt_1"\n}');
  const headersOf = (secrets: readonly string[]) =>
    signatureHeaders(body, { eventId: 'evt_1', nowMs: Date.now(), secrets });

  test('is believed by the official SDK, by each of two secrets, and not for changed bytes', () => {
    const header = headersOf(['whsec_other', secret])['stripe-signature'] ?? '';
    assert.equal(stripe.webhooks.constructEvent(body, header, secret).id, 'evt_1');
    assert.equal(stripe.webhooks.constructEvent(body, header, 'whsec_other').id, 'evt_1');
    assert.throws(
      () => stripe.webhooks.constructEvent('{"id":"evt_2"}', header, secret),
      /signature/,
    );
    assert.throws(() => stripe.webhooks.constructEvent(body, header, 'whsec_wrong'), /signature/);
  });

  test('of Standard Webhooks is over id, time and body, by the bytes behind the prefix', () => {
    const headers = headersOf([secret]);
    const said = `evt_1.${headers['webhook-timestamp']}.${body.toString()}`;
    const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(said);
    assert.equal(headers['webhook-signature'], `v1,${mac.digest('base64')}`);
    assert.equal(headers['webhook-id'], 'evt_1');
  });
});

describe('the lane of an endpoint', () => {
  const room = (lanes: ReturnType<typeof createLanes>, id: string) =>
    lanes.rooms().get(id) ?? AT_FIRST;

  test('widens with quick successes and narrows to one with a failure', () => {
    const lanes = createLanes();
    for (const expected of [4, 8, 16, 16]) {
      lanes.begin('a', 0).end(true, 10);
      assert.equal(room(lanes, 'a'), expected);
    }
    lanes.begin('a', 0).end(false, 10);
    assert.equal(room(lanes, 'a'), 1);
  });

  test('narrows when the endpoint is slow, though it says yes', () => {
    const lanes = createLanes();
    lanes.begin('a', 0).end(true, 5_000);
    assert.equal(room(lanes, 'a'), 1);
  });

  test('calls that hang leave their place to others after two seconds', () => {
    const lanes = createLanes();
    for (let n = 0; n < 64; n += 1) lanes.begin(`hangs ${n}`, 0);
    assert.equal(lanes.room(0), 0);
    assert.equal(lanes.room(2_000), 64);
  });
});
