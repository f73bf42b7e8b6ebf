// The rules of webhooks that need neither a database nor a network.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import Stripe from 'stripe';
import { seededRandom } from '../../kit/context/for-tests.ts';
import { packTry, unpackTry } from './delivery.ts';
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
  const lanesOf = () => {
    const lanes = createLanes<string>();
    const begin = (endpointId: string, nowMs = 0, accountId = 'shop') => {
      lanes.hold({ accountId, endpointId }, endpointId);
      return lanes.begin(nowMs);
    };
    /** How many of those that are held begin. */
    const begins = (nowMs: number): number => {
      let count = 0;
      while (lanes.begin(nowMs) !== undefined) count += 1;
      return count;
    };
    const hold = (endpointId: string, count: number, accountId = 'shop'): void => {
      for (let n = 0; n < count; n += 1) {
        lanes.hold({ accountId, endpointId }, `${endpointId} ${n}`);
      }
    };
    return { lanes, begin, begins, hold };
  };
  const roomOf = ({ lanes }: ReturnType<typeof lanesOf>, id: string, nowMs = 10) =>
    lanes.rooms('outbox', nowMs).get(id) ?? AT_FIRST;

  for (const [successes, allowed] of [2, 4, 8, 16, 16].entries()) {
    test(`lets ${allowed} be under way at once after ${successes} quick successes`, () => {
      const { begin, begins, hold } = lanesOf();
      for (let n = 0; n < successes; n += 1) begin('a')?.end(true, 10);
      hold('a', 40);
      assert.equal(begins(10), allowed);
    });
  }

  test('narrows to one with a failure', () => {
    const { begin, begins, hold } = lanesOf();
    for (let n = 0; n < 4; n += 1) begin('a')?.end(true, 10);
    begin('a')?.end(false, 10);
    hold('a', 40);
    assert.equal(begins(10), 1);
  });

  test('narrows when the endpoint is slow, though it says yes', () => {
    const { begin, begins, hold } = lanesOf();
    begin('a')?.end(true, 5_000);
    hold('a', 40);
    assert.equal(begins(5_000), 1);
  });

  test('holds no more than may be under way, until the endpoint was quick', () => {
    const of = lanesOf();
    assert.equal(roomOf(of, 'a'), AT_FIRST);
    const first = of.begin('a');
    assert.equal(roomOf(of, 'a'), AT_FIRST - 1);
    first?.end(true, 10);
    assert.ok(roomOf(of, 'a') > 100);
    of.begin('a')?.end(false, 10);
    assert.equal(roomOf(of, 'a'), 1);
  });

  test('keeps what it holds when one of many fails, and hands it out when the next one fails too', () => {
    const { lanes, begin, hold } = lanesOf();
    for (let n = 0; n < 4; n += 1) begin('a')?.end(true, 10);
    hold('a', 40);
    const [first, second] = [lanes.begin(10), lanes.begin(10)];
    assert.deepEqual(first?.end(false, 20), []);
    assert.equal(second?.end(false, 20).length, 38);
    assert.equal(lanes.begin(20), undefined);
  });

  test('that holds much leaves the others as much room as may be under way', () => {
    const of = lanesOf();
    for (const id of ['a', 'b']) {
      for (let n = 0; n < 4; n += 1) of.begin(id)?.end(true, 10);
    }
    of.hold('a', roomOf(of, 'a'));
    assert.equal(of.lanes.spare, 0);
    assert.equal(roomOf(of, 'b'), 16);
  });

  test('that was quick and hangs is given no more to hold', () => {
    const of = lanesOf();
    for (let n = 0; n < 4; n += 1) of.begin('a')?.end(true, 10);
    of.begin('a', 100);
    assert.ok(roomOf(of, 'a', 2_099) > 100);
    assert.equal(roomOf(of, 'a', 2_100), 15);
  });

  test('is filled again from those that wait when it holds few', () => {
    const { lanes, begin, hold } = lanesOf();
    for (let n = 0; n < 4; n += 1) begin('a')?.end(true, 10);
    hold('a', 1_000);
    assert.equal(lanes.rooms('queue', 10).get('a'), 0);
    assert.ok((lanes.rooms('outbox', 10).get('a') ?? 0) > 0);
  });

  test('has its turn after each of the others', () => {
    const { lanes, hold } = lanesOf();
    for (const id of ['a', 'b', 'c']) hold(id, 2);
    const turns = Array.from({ length: 6 }, () => lanes.begin(0)?.what);
    assert.deepEqual(turns, ['a 0', 'b 0', 'c 0', 'a 1', 'b 1', 'c 1']);
  });

  test('has its turn after one of each other account, however many endpoints that has', () => {
    const { lanes, hold } = lanesOf();
    for (let n = 0; n < 100; n += 1) hold(`of the other ${n}`, 1, 'other');
    hold('a', 2);
    const turns = Array.from({ length: 5 }, () => lanes.begin(0)?.what);
    assert.deepEqual(turns, [
      'of the other 0 0',
      'a 0',
      'of the other 1 0',
      'a 1',
      'of the other 2 0',
    ]);
  });

  test('of an account with a thousand that hang leaves places for others', () => {
    const { lanes, begins, hold } = lanesOf();
    for (let n = 0; n < 1_000; n += 1) hold(`hangs ${n}`, 1, 'other');
    for (let nowMs = 0; nowMs < 60_000; nowMs += 2_000) begins(nowMs);
    assert.equal(lanes.room(60_000), 64);
    assert.equal(lanes.rooms('outbox', 60_000).get('hangs 999'), 0);
    hold('a', 1);
    assert.equal(lanes.begin(60_000)?.what, 'a 0');
  });

  test('of an account that had all its places is served again when one of them is free', () => {
    const { lanes, hold } = lanesOf();
    for (let n = 0; n < 400; n += 1) hold(`hangs ${n}`, 1, 'other');
    const begun = [];
    for (let nowMs = 0; begun.length < 250; nowMs += 2_000) {
      for (let one = lanes.begin(nowMs); one !== undefined; one = lanes.begin(nowMs))
        begun.push(one);
    }
    assert.equal(lanes.begin(60_000), undefined);
    begun[0]?.end(false, 60_000);
    assert.equal(lanes.begin(60_000)?.what, 'hangs 250 0');
    assert.equal(lanes.empty().length, 149);
    assert.equal(lanes.begin(60_000), undefined);
  });

  test('calls that hang leave their place to others after two seconds', () => {
    const { lanes, begin } = lanesOf();
    for (let n = 0; n < 64; n += 1) begin(`hangs ${n}`);
    assert.equal(lanes.room(0), 0);
    assert.equal(lanes.room(2_000), 64);
  });
});

test('A try is read back as it was, and one that went well says no more than when and how', () => {
  const went = { atMs: 1, durationMs: 4, status: 200, error: null, answer: '' };
  assert.deepEqual(packTry(went), { atMs: 1, durationMs: 4, status: 200 });
  for (const each of [
    went,
    { ...went, answer: 'thank you' },
    { ...went, status: null, error: 'timeout', answer: null },
  ]) {
    assert.deepEqual(unpackTry(packTry(each)), each);
  }
});
