// Payments on the moving clock: what ends, comes due and becomes available by time, without waiting.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type Stripe from 'stripe';
import { says } from '../src/payments/intents/for-tests-bank.ts';
import { openOnMovingClock, until } from './support/moving-clock.ts';
import { refusalOf } from './support/stripe.ts';
import { pause } from './support/writers.ts';

const { bank, gateway, merchant, stripe, advance, pay } = await openOnMovingClock();

test('an authorization that nobody captures is released by its bank when its days are over', async () => {
  const held = await pay({ capture_method: 'manual' });
  assert.equal(held.status, 'requires_capture');
  await advance(8);
  const ended = await until(async () => {
    const intent = await stripe.paymentIntents.retrieve(held.id);
    return intent.status === 'canceled' && intent;
  });
  assert.equal(ended.cancellation_reason, 'expired');
  const voided = await until(async () => [...bank.book.values()].some(({ isVoided }) => isVoided));
  assert.equal(voided, true);
});

test('what is left of an authorization after a part was captured is let go when its days are over', async () => {
  const held = await pay({
    capture_method: 'manual',
    payment_method_options: { card: { request_multicapture: 'if_available' } },
  });
  await stripe.paymentIntents.capture(held.id, { amount_to_capture: 500, final_capture: false });
  // Its bank has let go of it already, and says that there is nothing to let go.
  bank.next.push(says({ outcome: 'declined', code: 'not_permitted' }));
  await advance(8);
  const ended = await until(async () => {
    const intent = await stripe.paymentIntents.retrieve(held.id);
    return intent.status === 'succeeded' && intent;
  });
  assert.deepEqual([ended.amount_received, ended.amount_capturable], [500, 0]);
});

test('a call that is under way while the clock jumps is answered as if nothing had happened', async () => {
  bank.delayMs = 1_500;
  const [paid] = await Promise.all([pay(), pause(200).then(() => advance(8))]);
  bank.delayMs = 0;
  assert.equal(paid.status, 'succeeded');
  // Nobody took the jump for an answer that was lost.
  assert.ok(!bank.calls.some(({ what }) => what === 'lookUp'));
});

test('a key whose request is under way is in use, however far the clock was moved', async () => {
  await advance(1);
  bank.delayMs = 1_500;
  const asked = { amount: 2_100, currency: 'eur', payment_method: 'pm_card_visa', confirm: true };
  const never = { enabled: true, allow_redirects: 'never' } as const;
  const create = () =>
    stripe.paymentIntents.create(
      { ...asked, automatic_payment_methods: never },
      { idempotencyKey: 'under-way' },
    );
  const first = create();
  await pause(500);
  // Whoever took it for left behind would store "processing" under the key, and the first one tell "succeeded".
  assert.equal((await refusalOf(create())).statusCode, 409);
  const paid = await first;
  bank.delayMs = 0;
  assert.equal(paid.status, 'succeeded');
  const again = await create();
  assert.deepEqual([again.id, again.status], [paid.id, 'succeeded']);
});

test('money becomes available on its day', async () => {
  const intent = await pay();
  const pendingOf = async (): Promise<number> =>
    (await stripe.balance.retrieve()).pending.find(({ currency }) => currency === 'eur')?.amount ??
    0;
  assert.equal(intent.status, 'succeeded');
  assert.ok((await pendingOf()) > 0);
  await advance(12);
  // Only what a snapshot has counted is released; what was too fresh for it waits for the next minute.
  await until(async () => {
    if ((await pendingOf()) === 0) return true;
    await advance(61 / 86_400);
    return false;
  });
  // Told once for each time that money became available, with what was available then.
  const { available } = await stripe.balance.retrieve();
  const told = await until(async () => {
    const { data } = await stripe.events.list({ type: 'balance.available' });
    const [newest] = data as Stripe.BalanceAvailableEvent[];
    return isDeepStrictEqual(newest?.data.object.available, available) && newest;
  });
  assert.deepEqual([told.request?.id, told.request?.idempotency_key], [null, null]);
  const transaction = await stripe.balanceTransactions.list({
    source: String(intent.latest_charge),
  });
  assert.equal(transaction.data[0]?.status, 'available');
});

test('a payment is told in order of time, although its calls went by the real one', async () => {
  await advance(1);
  const held = await pay({ capture_method: 'manual' });
  await advance(2);
  await stripe.paymentIntents.capture(held.id);
  const { body } = await gateway.ask('GET', `/v1/payment_intents/${held.id}/trace`, {
    key: merchant.key,
  });
  const told = (body.timeline as { readonly at: number; readonly what: string }[]).filter(
    ({ what }) => ['registered', 'operation.begun', 'operation.answer'].includes(what),
  );
  assert.deepEqual(told.map(({ what }) => what).toSorted(), [
    'operation.answer',
    'operation.answer',
    'operation.begun',
    'operation.begun',
    'registered',
  ]);
  const first = told.find(({ what }) => what === 'registered')?.at ?? 0;
  const days = told.map(({ at }) => Math.round((at - first) / 86_400));
  assert.deepEqual(days, [0, 0, 0, 2, 2]);
});
