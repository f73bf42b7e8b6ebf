// tollgate trigger, for the events that take a payer at their bank, or time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gather } from '../src/modules.ts';
import { openAbroad } from '../test/support/away.ts';
import { tollgate } from './for-tests.ts';
import { impossible, recipes } from './recipes.ts';

const { gateway, merchant, stripe, simulator, ahead } = await openAbroad({ movableClock: true });
const where = ['--url', `http://127.0.0.1:${gateway.port}`, '--key', merchant.key];

const trigger = (...args: string[]) => tollgate(['trigger', ...args, ...where]);
const count = async (type: string) => (await stripe.events.list({ type, limit: 100 })).data.length;

test('every event that the gateway tells of has a recipe, or a reason why there is none', () => {
  const told = gather().eventKinds.all.map(({ type }) => type);
  assert.deepEqual([...Object.keys(recipes), ...Object.keys(impossible)].sort(), told.sort());
});

test('an event that nobody can cause is refused with the reason', async () => {
  const { code, err } = await trigger('payment_method.automatically_updated');
  assert.equal(code, 1);
  assert.match(err, /cannot be triggered: networks renew cards/);
});

test('a payer goes to the bank of the sandbox, which tells later', async () => {
  const made = await trigger('payment_intent.processing');
  assert.equal(made.code, 0, made.err);
  assert.equal(await count('payment_intent.processing'), 1);
  assert.equal(await count('charge.pending'), 1);
});

test('what a bank tells later is waited for', async () => {
  const later = setInterval(() => {
    ahead.ms += 2_000;
    simulator.settleDue();
  }, 500);
  try {
    for (const event of ['async_payment_succeeded', 'async_payment_failed']) {
      const made = await trigger(`checkout.session.${event}`);
      assert.equal(made.code, 0, made.err);
      assert.equal(await count(`checkout.session.${event}`), 1);
    }
  } finally {
    clearInterval(later);
  }
});

test('the clock of test mode is moved where that was allowed, and not otherwise', async () => {
  const before = await count('charge.succeeded');
  const { code, err } = await trigger('charge.expired');
  assert.equal(code, 1);
  assert.match(err, /--move-clock moves the clock of test mode by 8 days/);
  assert.equal(await count('charge.succeeded'), before, 'Nothing was begun.');
  const made = await trigger('charge.expired', '--move-clock');
  assert.equal(made.code, 0, made.err);
  assert.equal(await count('charge.expired'), 1);
});

test('a test clock is made, moved and deleted', async () => {
  for (const event of ['created', 'advancing', 'ready', 'deleted']) {
    const type = `test_helpers.test_clock.${event}`;
    const before = await count(type);
    const made = await trigger(type);
    assert.equal(made.code, 0, made.err);
    assert.ok((await count(type)) > before, type);
  }
});
