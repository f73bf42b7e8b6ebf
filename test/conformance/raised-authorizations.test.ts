// Authorizations that are raised: a third night at the hotel.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lostAfter, lostBefore, says } from '../../src/payments/intents/for-tests-bank.ts';
import { refusalOf } from '../support/stripe.ts';
import { openTwoBanks } from '../support/two-banks.ts';

const { stripe, happened, resolveUntil, first, held, statusOf, bookingOf } = await openTwoBanks();
const { paymentIntents, charges } = stripe;

describe('an authorization that is raised', () => {
  const raisable = () =>
    held({
      payment_method_options: { card: { request_incremental_authorization: 'if_available' } },
    });
  const raise = (id: string, amount: number, more: object = {}) =>
    paymentIntents.incrementAuthorization(id, { amount, ...more });

  test('holds the new total, and a capture takes it', async () => {
    const intent = await raisable();
    const charge = await charges.retrieve(String(intent.latest_charge));
    assert.deepEqual(charge.payment_method_details?.card?.incremental_authorization, {
      status: 'available',
    });
    await happened();
    const raised = await raise(intent.id, 6500, {
      description: 'Two nights more',
      metadata: { nights: '3' },
    });
    assert.deepEqual(
      [raised.status, raised.amount, raised.amount_capturable, raised.description, raised.metadata],
      ['requires_capture', 6500, 6500, 'Two nights more', { nights: '3' }],
    );
    assert.deepEqual(await happened(), ['payment_intent.amount_capturable_updated']);
    const [told] = (await stripe.events.list({ limit: 1 })).data;
    assert.deepEqual(told?.data.previous_attributes, {
      amount: 5000,
      amount_capturable: 5000,
      description: null,
      metadata: { nights: null },
    });
    assert.equal((await charges.retrieve(charge.id)).amount, 6500);

    await raise(intent.id, 7000);
    const captured = await paymentIntents.capture(intent.id);
    assert.deepEqual([captured.status, captured.amount_received], ['succeeded', 7000]);
    assert.equal(bookingOf()?.captured, 7000n);
    const again = await refusalOf(raise(intent.id, 8000));
    assert.match(again.message, /because it has a status of succeeded\. Only a PaymentIntent with/);
  });

  test('is traced from the amount with which it was registered', async () => {
    const { id } = await raisable();
    await raise(id, 6500);
    await raise(id, 7000);
    const trace = await stripe.rawRequest('GET', `/v1/payment_intents/${id}/trace`);
    const { timeline } = trace as unknown as {
      timeline: { what: string; details: { kind?: string; amount?: number } }[];
    };
    assert.deepEqual(
      timeline
        .filter(({ what }) => what === 'registered' || what === 'operation.begun')
        .map(({ details: { kind, amount } }) => [kind, amount]),
      [
        [undefined, 5000],
        ['authorize', 5000],
        ['increment', 1500],
        ['increment', 500],
      ],
    );
  });

  test('stands as before, with nothing changed, when the bank declines', async () => {
    const intent = await raisable();
    await happened();
    first.next.push(
      says({ outcome: 'declined', code: 'insufficient_funds', told: { networkCode: '51' } }),
    );
    const refused = await refusalOf(raise(intent.id, 6000, { description: 'More' }));
    assert.deepEqual(
      [refused.statusCode, refused.code, refused.decline_code, refused.network_decline_code],
      [402, 'card_declined', 'insufficient_funds', '51'],
    );
    assert.equal(refused.payment_intent?.status, 'requires_capture');
    const now = await paymentIntents.retrieve(intent.id);
    assert.deepEqual([now.amount, now.amount_capturable, now.description], [5000, 5000, null]);
    assert.equal(now.last_payment_error, null);
    assert.deepEqual(await happened(), []);
    assert.equal((await paymentIntents.capture(intent.id)).amount_received, 5000);
  });

  test('is processing until it is known whether it was', async () => {
    for (const [lost, total] of [
      [lostAfter, 6000],
      [lostBefore, 5000],
    ] as const) {
      const intent = await raisable();
      first.next.push(lost);
      assert.equal((await raise(intent.id, 6000)).status, 'processing');
      const capturing = await refusalOf(paymentIntents.capture(intent.id));
      assert.equal(capturing.code, 'payment_intent_unexpected_state');
      const canceling = await refusalOf(paymentIntents.cancel(intent.id));
      assert.deepEqual(
        [canceling.statusCode, canceling.code],
        [409, 'payment_intent_outcome_unknown'],
      );
      await resolveUntil(async () => (await statusOf(intent.id)) === 'requires_capture');
      const { amount, amount_capturable: capturable } = await paymentIntents.retrieve(intent.id);
      assert.deepEqual([amount, capturable], [total, total]);
      assert.equal(bookingOf()?.amount, BigInt(total));
    }
  });

  test('is released whole by cancelling', async () => {
    const intent = await raisable();
    await raise(intent.id, 6000);
    assert.equal((await paymentIntents.cancel(intent.id)).status, 'canceled');
    assert.equal(first.calls.at(-1)?.amount, 6000n);
  });

  test('must have been asked for, must be more, and is tried ten times at most', async () => {
    const plain = await held();
    const unasked = await refusalOf(raise(plain.id, 6000));
    assert.equal(unasked.code, 'payment_intent_unexpected_state');
    const intent = await raisable();
    for (const amount of [5000, 4999]) {
      assert.equal((await refusalOf(raise(intent.id, amount))).param, 'amount');
    }
    first.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    await refusalOf(raise(intent.id, 5001));
    for (let time = 2; time <= 10; time += 1) await raise(intent.id, 5000 + time);
    const calls = first.calls.length;
    assert.match((await refusalOf(raise(intent.id, 9000))).message, /10 attempts already/);
    assert.equal(first.calls.length, calls);
    const wished = await paymentIntents.create({ amount: 500, currency: 'eur' });
    assert.match((await refusalOf(raise(wished.id, 600))).message, /requires_payment_method/);
  });

  test('is raised once, however often the same key asks', async () => {
    const intent = await raisable();
    const asked = () =>
      paymentIntents.incrementAuthorization(
        intent.id,
        { amount: 6000 },
        { idempotencyKey: 'the third night' },
      );
    assert.equal((await asked()).amount, 6000);
    assert.equal((await asked()).amount, 6000);
    assert.equal(first.calls.filter(({ what }) => what === 'increment').length, 1);
  });
});
