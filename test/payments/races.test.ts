// Two who want to do different things with the same money at the same moment, at a bank over the real link.
// One of them is refused or told the truth; the bank's journal and our books agree, and nothing goes over
// what was authorized or captured.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Stripe from 'stripe';
import { runs } from '../support/full.ts';
import { assertOneStory, openTown, resolveAll } from './support.ts';

const ROUNDS = runs(12, 10_000);
const AT_ONCE = 4;

const { bank, gateway, stripe } = await openTown();
const { paymentIntents, refunds } = stripe;
const order = { amount: 5_000, currency: 'eur', payment_method: 'pm_card_visa' } as const;

const inRounds = async (round: () => Promise<void>): Promise<void> => {
  for (let done = 0; done < ROUNDS; done += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, ROUNDS - done) }, round));
  }
};

/** What was done; a refusal is one that says so, and nothing else may come. */
const settle = async <T>(...asked: Promise<T>[]): Promise<T[]> => {
  const done: T[] = [];
  for (const each of await Promise.allSettled(asked)) {
    if (each.status === 'fulfilled') {
      done.push(each.value);
      continue;
    }
    assert.ok(each.reason instanceof Stripe.errors.StripeError, String(each.reason));
    const { statusCode, code } = each.reason;
    assert.ok(statusCode === 400 || code === 'lock_timeout', each.reason.message);
  }
  return done;
};

const endOf = async (id: string): Promise<Stripe.PaymentIntent> => paymentIntents.retrieve(id);

describe('money that two want at once', () => {
  test(`is either captured or let go, ${ROUNDS} times`, async () => {
    await inRounds(async () => {
      const { id } = await paymentIntents.create({
        ...order,
        confirm: true,
        capture_method: 'manual',
      });
      const done = await settle(
        paymentIntents.capture(id),
        paymentIntents.cancel(id),
        paymentIntents.capture(id, { amount_to_capture: 4_000 }),
      );
      const { status, amount_received: received } = await endOf(id);
      assert.ok(done.length >= 1);
      assert.ok(status === 'succeeded' || status === 'canceled', status);
      assert.equal(status === 'canceled', received === 0);
    });
  });

  test(`is given back once, however many ask, ${ROUNDS} times`, async () => {
    await inRounds(async () => {
      const { id } = await paymentIntents.create({ ...order, confirm: true });
      const done = await settle(
        refunds.create({ payment_intent: id, amount: 3_000 }),
        refunds.create({ payment_intent: id, amount: 3_000 }),
        refunds.create({ payment_intent: id, amount: 2_000 }),
        refunds.create({ payment_intent: id, amount: 2_000 }),
      );
      const given = done.reduce((sum, { amount }) => sum + amount, 0);
      assert.ok(given > 0 && given <= 5_000, String(given));
      const charge = await stripe.charges.list({ payment_intent: id });
      assert.equal(charge.data[0]?.amount_refunded, given);
    });
  });

  test(`is either paid or canceled, ${ROUNDS} times`, async () => {
    await inRounds(async () => {
      const { id } = await paymentIntents.create(order);
      const done = await settle(
        paymentIntents.confirm(id),
        paymentIntents.cancel(id),
        paymentIntents.confirm(id),
      );
      assert.ok(done.length >= 1);
      const { status } = await endOf(id);
      assert.ok(['succeeded', 'canceled', 'processing'].includes(status), status);
    });
  });

  test('and the bank tells the same story, with nothing left open', async () => {
    await resolveAll(gateway.on);
    assert.ok((await assertOneStory(bank, gateway.on)) > 0);
    assert.deepEqual(await bank.checkBooks(), []);
    for await (const intent of paymentIntents.list({ limit: 100 })) {
      assert.ok(intent.status === 'succeeded' || intent.status === 'canceled', intent.status);
    }
  });
});
