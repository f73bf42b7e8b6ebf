// Stripe's test clocks through the official SDK.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { parseId } from '#kit/ids';
import { deleteOldClock } from '../../src/cards/customers/delete-test-clock.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { pause } from '../support/writers.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);
const { customers, paymentMethods } = stripe;
const { testClocks } = stripe.testHelpers;

const JANUARY = Date.UTC(2027, 0, 1) / 1000;
const FEBRUARY = Date.UTC(2027, 1, 1) / 1000;

const ready = async (id: string): Promise<Stripe.TestHelpers.TestClock> => {
  for (let tries = 0; tries < 2_400; tries += 1) {
    const clock = await testClocks.retrieve(id);
    if (clock.status === 'ready') return clock;
    await pause(25);
  }
  throw new Error('It did not arrive.');
};

const told = async (id: string): Promise<string[]> => {
  const { data } = await stripe.events.list({ limit: 100 });
  return data
    .filter(({ data: { object } }) => 'id' in object && object.id === id)
    .map(({ type }) => type.replace('test_helpers.test_clock.', ''))
    .toReversed();
};

test('a clock stands where it was made, is advanced, arrives, and tells each step', async () => {
  const made = await testClocks.create({ frozen_time: JANUARY, name: 'New year' });
  assert.match(made.id, /^clock_/);
  assert.deepEqual(
    { ...made, lastResponse: null, id: '', created: 0, deletes_after: 0 },
    {
      id: '',
      object: 'test_helpers.test_clock',
      created: 0,
      deletes_after: 0,
      frozen_time: JANUARY,
      livemode: false,
      name: 'New year',
      status: 'ready',
      status_details: {},
      lastResponse: null,
    },
  );
  assert.equal(made.deletes_after - made.created, 30 * 86_400);

  const moving = await testClocks.advance(made.id, { frozen_time: FEBRUARY });
  assert.equal(moving.status, 'advancing');
  assert.equal(moving.frozen_time, JANUARY);
  assert.deepEqual(moving.status_details, { advancing: { target_frozen_time: FEBRUARY } });

  assert.equal((await ready(made.id)).frozen_time, FEBRUARY);
  assert.deepEqual(await told(made.id), ['created', 'advancing', 'ready']);
});

test('clocks are listed newest first, without those that were deleted', async () => {
  const made = [];
  for (let n = 0; n < 3; n += 1) made.push(await testClocks.create({ frozen_time: JANUARY + n }));
  const [a, b, c] = made.map(({ id }) => id);
  await testClocks.del(b ?? '');
  const first = await testClocks.list({ limit: 2 });
  assert.deepEqual(
    first.data.map(({ id }) => id),
    [c, a],
  );
  assert.equal(first.has_more, true);
  const before = await testClocks.list({ limit: 1, ending_before: a ?? '' });
  assert.deepEqual(
    before.data.map(({ id }) => id),
    [c],
  );
});

describe('a clock is refused', () => {
  test('that goes back, stands still, or jumps further than two years', async () => {
    const { id } = await testClocks.create({ frozen_time: JANUARY });
    for (const frozen_time of [JANUARY - 1, JANUARY, JANUARY + 3 * 366 * 86_400]) {
      const refused = await refusalOf(testClocks.advance(id, { frozen_time }));
      assert.equal(refused.statusCode, 400);
      assert.equal(refused.param, 'frozen_time');
    }
    assert.deepEqual(await told(id), ['created']);
  });

  test('in live mode, and where there is none', async () => {
    const live = stripeFor(gateway.port, merchant.liveKey);
    const made = live.testHelpers.testClocks.create({ frozen_time: JANUARY });
    assert.equal((await refusalOf(made)).statusCode, 400);
    const { id } = await testClocks.create({ frozen_time: JANUARY });
    for (const asked of [
      () => live.testHelpers.testClocks.retrieve(id),
      () => testClocks.retrieve('clock_1'),
    ]) {
      assert.equal((await refusalOf(asked())).code, 'resource_missing');
    }
  });

  test('that has gone, in every way of asking', async () => {
    const { id } = await testClocks.create({ frozen_time: JANUARY });
    assert.deepEqual(
      { ...(await testClocks.del(id)), lastResponse: null },
      {
        id,
        object: 'test_helpers.test_clock',
        deleted: true,
        lastResponse: null,
      },
    );
    assert.deepEqual(await told(id), ['created', 'deleted']);
    for (const ask of [
      () => testClocks.retrieve(id),
      () => testClocks.advance(id, { frozen_time: FEBRUARY }),
      () => testClocks.del(id),
      () => customers.create({ test_clock: id }),
    ]) {
      assert.equal((await refusalOf(ask())).code, 'resource_missing');
    }
  });
});

describe('customers of a clock', () => {
  test('go with it, and their cards leave them', async () => {
    const { id } = await testClocks.create({ frozen_time: JANUARY });
    const customer = await customers.create({ test_clock: id });
    const method = await paymentMethods.attach('pm_card_visa', { customer: customer.id });
    const other = await customers.create();
    await testClocks.del(id);
    const gone = await customers.retrieve(customer.id);
    assert.equal(gone.deleted, true);
    assert.equal((await paymentMethods.retrieve(method.id)).customer, null);
    assert.equal((await customers.retrieve(other.id)).deleted, undefined);
  });

  test('go with one that has grown old, and what is told of it names no request', async () => {
    const clock = await testClocks.create({ frozen_time: JANUARY });
    const customer = await customers.create({ test_clock: clock.id });
    const method = await paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await deleteOldClock(gateway.context, {
      accountId: merchant.scope.accountId,
      clock: parseId('clock', clock.id) ?? '',
    });
    const { data } = await stripe.events.list({
      types: ['customer.deleted', 'payment_method.detached', 'test_helpers.test_clock.deleted'],
    });
    const ids = [customer.id, method.id, clock.id];
    const told = data.filter(({ data: { object } }) => 'id' in object && ids.includes(object.id));
    assert.deepEqual(
      told.map(({ request }) => request),
      ids.map(() => ({ id: null, idempotency_key: null })),
    );
  });

  test('show it when asked to', async () => {
    const { id } = await testClocks.create({ frozen_time: JANUARY });
    const made = await customers.create({ test_clock: id });
    const customer = await customers.retrieve(made.id, { expand: ['test_clock'] });
    assert.ok(!customer.deleted && typeof customer.test_clock === 'object');
    assert.equal(customer.test_clock?.frozen_time, JANUARY);
  });

  test('are three at the most, also when many are made at once', async () => {
    const { id } = await testClocks.create({ frozen_time: JANUARY });
    const made = await Promise.allSettled(
      Array.from({ length: 12 }, () => customers.create({ test_clock: id })),
    );
    assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 3);
    assert.equal((await customers.list({ test_clock: id })).data.length, 3);
  });

  test('never outlive it, also when they are made while it goes', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await testClocks.create({ frozen_time: JANUARY });
      await Promise.allSettled([
        customers.create({ test_clock: id }),
        testClocks.del(id),
        customers.create({ test_clock: id }),
      ]);
      assert.equal((await refusalOf(testClocks.retrieve(id))).code, 'resource_missing');
      assert.equal((await refusalOf(customers.list({ test_clock: id }))).code, 'resource_missing');
      const { data: newest } = await customers.list({ limit: 100 });
      assert.ok(!newest.some(({ test_clock }) => test_clock === id));
    }
  });
});
