// What banks take back by themselves, and refunds of which another word comes later: of a settlement, or of a person.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { present } from '#kit/assert';
import { parseId } from '#kit/ids';
import { heardBy } from '#rails/connectors';
import {
  type Change,
  decideByPerson,
  loadForPerson,
  loadOfIntent,
  type PersonSays,
  recordEvidence,
} from '#rails/operations';
import { operationListeners } from '../../src/modules.ts';
import { lostAfter, lostBefore, says } from '../../src/payments/intents/for-tests-bank.ts';
import { assertHealthy } from '../support/health.ts';
import { openRefunds } from '../support/refunds.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, merchant, stripe, bank, happened, resolveUntil, paid } = await openRefunds();
const { paymentIntents, charges, refunds } = stripe;

describe('a refund', () => {
  test('that had failed and is settled after all is counted, booked and told', async () => {
    const intent = await paid(1000);
    bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    const refund = await refunds.create({ payment_intent: intent.id, amount: 400 });
    assert.equal(refund.status, 'failed');
    await happened();
    const { scope } = merchant;
    const operations = await loadOfIntent(gateway.context, scope, parseId('pi', intent.id) ?? '');
    const operation = present(
      operations.find(({ kind }) => kind === 'refund'),
      'its operation',
    );
    const { id: operationId, reference } = operation;
    const line = {
      operationId,
      evidence: {
        kind: 'settlement_line' as const,
        sourceKey: `line of ${reference}`,
        says: { outcome: 'approved' as const, amount: 400n, currency: 'usd', reference },
      },
      writes: (change: Change) => heardBy(operationListeners, gateway.context, scope, change),
    };
    for (const _ of ['heard', 'heard again']) {
      assert.equal((await recordEvidence(gateway.context, scope, line)).ok, true);
    }
    assert.deepEqual(await happened(), [
      'refund.updated',
      'charge.refund.updated',
      'charge.refunded',
    ]);
    const now = await refunds.retrieve(refund.id, { expand: ['charge', 'balance_transaction'] });
    assert.deepEqual([now.status, now.failure_reason ?? null], ['succeeded', null]);
    assert.partialDeepStrictEqual(now, {
      charge: { amount_refunded: 400 },
      balance_transaction: { amount: -400, type: 'refund' },
    });
    const { data } = await stripe.events.list({ type: 'charge.refunded', limit: 1 });
    assert.deepEqual(data[0]?.data.previous_attributes, { amount_refunded: 0 });
    // It comes back, and has failed once more.
    const said = await decideByPerson(gateway.context, scope, {
      operationId,
      says: 'reversed',
      why: 'in the list of the bank',
      writes: line.writes,
    });
    assert.equal(said.ok, true);
    assert.deepEqual(await happened(), [
      'refund.updated',
      'charge.refund.updated',
      'refund.failed',
    ]);
    assert.equal((await refunds.retrieve(refund.id)).status, 'failed');
    await assertHealthy(gateway.on);
    // That its bank had said no to it is a person's business too.
    gateway.errors.length = 0;
  });

  for (const [how, capture_method] of [
    ['paid at once', 'automatic'],
    ['captured', 'manual'],
  ] as const) {
    test(`is made by a bank that takes back what was ${how} and stood in the books`, async () => {
      const intent = await paid(1000, capture_method);
      if (capture_method === 'manual') await paymentIntents.capture(intent.id);
      await refunds.create({ payment_intent: intent.id, amount: 300 });
      await happened();
      const { context } = gateway;
      const { scope } = merchant;
      const operations = await loadOfIntent(context, scope, parseId('pi', intent.id) ?? '');
      const kind = capture_method === 'manual' ? 'capture' : 'sale';
      const { id: operationId } = present(
        operations.find((each) => each.kind === kind),
        'its operation',
      );
      for (const _ of ['heard', 'heard again']) {
        const said = await decideByPerson(context, scope, {
          operationId,
          says: 'reversed',
          why: 'in the list of the bank',
          writes: (change) => heardBy(operationListeners, context, scope, change),
        });
        assert.equal(said.ok, true);
      }
      assert.deepEqual(await happened(), ['refund.created', 'charge.refunded']);
      const { data } = await refunds.list({
        payment_intent: intent.id,
        expand: ['data.balance_transaction'],
      });
      assert.deepEqual(
        data.map(({ amount, status, destination_details: to }) => [amount, status, to?.card?.type]),
        [
          [700, 'succeeded', 'reversal'],
          [300, 'succeeded', 'refund'],
        ],
      );
      assert.partialDeepStrictEqual(data[0], { balance_transaction: { amount: -700, fee: 0 } });
      const charge = await charges.retrieve(String(intent.latest_charge));
      assert.deepEqual([charge.refunded, charge.amount_refunded], [true, 1000]);
      const refused = await refusalOf(refunds.create({ payment_intent: intent.id }));
      assert.equal(refused.code, 'charge_already_refunded');
      // More was taken back than was left.
      assert.equal(gateway.errors.length > 0, true);
      gateway.errors.length = 0;
      await assertHealthy(gateway.on);
      // What had been given back comes back, and the bank has that too.
      await decide(intent, 'refund', 'reversed');
      assert.deepEqual(await made(intent), ['300 succeeded', '700 succeeded', '300 failed']);
      await assertHealthy(gateway.on);
    });
  }

  /** A person says of such a call of a payment what the bank's people told them. */
  const decide = async (
    intent: Stripe.PaymentIntent,
    kind: string,
    word: PersonSays,
    which: 'first' | 'last' = 'first',
  ) => {
    const { context } = gateway;
    const { scope } = merchant;
    const operations = await loadOfIntent(context, scope, parseId('pi', intent.id) ?? '');
    const ofKind = operations.filter((each) => each.kind === kind);
    const say = () =>
      decideByPerson(context, scope, {
        operationId: present(which === 'first' ? ofKind[0] : ofKind.at(-1), 'its operation').id,
        says: word,
        why: 'in the list of the bank',
        writes: (change) => heardBy(operationListeners, context, scope, change),
      });
    let said = await say();
    // The resolver may be asking just now.
    while (!said.ok && said.code === 'at_work') said = await say();
    assert.equal(said.ok, true);
  };
  const made = async (intent: Stripe.PaymentIntent) => {
    const { data } = await refunds.list({ payment_intent: intent.id });
    return data.map(({ amount, status }) => `${amount} ${status}`);
  };

  const forPerson = async (intent: Stripe.PaymentIntent) => {
    const asked = { alsoUnknown: false, limit: 500 };
    const found = await loadForPerson(gateway.context, merchant.scope, asked);
    return found
      .filter(({ intentId }) => intentId === parseId('pi', intent.id))
      .map(({ kind, alerts }) => [kind, ...alerts].join(' '));
  };

  for (const [how, isPaid] of [
    ['comes to nothing', false],
    ['is paid out', true],
  ] as const) {
    test(`of what a bank took back meanwhile is taken back with it where it ${how}`, async () => {
      const intent = await paid(1000);
      bank.next.push(lostBefore);
      const refund = await refunds.create({ payment_intent: intent.id, amount: 300 });
      assert.equal(refund.status, 'pending');
      await decide(intent, 'sale', 'reversed');
      assert.deepEqual(await made(intent), ['700 succeeded', '300 pending']);
      await assertHealthy(gateway.on);
      await happened();
      await decide(intent, 'refund', isPaid ? 'approved' : 'declined');
      assert.deepEqual(await made(intent), [
        ...(isPaid ? [] : ['300 succeeded']),
        '700 succeeded',
        `300 ${isPaid ? 'succeeded' : 'failed'}`,
      ]);
      assert.deepEqual(await happened(), [
        'refund.updated',
        'charge.refund.updated',
        ...(isPaid ? [] : ['refund.failed', 'refund.created', 'charge.refunded']),
      ]);
      const refused = await refusalOf(refunds.create({ payment_intent: intent.id }));
      assert.equal(refused.code, 'charge_already_refunded');
      assert.deepEqual(await forPerson(intent), isPaid ? ['sale may_be_paid_back_twice'] : []);
      // Said once more, it is nothing new.
      await decide(intent, 'sale', 'reversed');
      assert.deepEqual(await happened(), []);
      assert.deepEqual(await forPerson(intent), []);
      await assertHealthy(gateway.on);
      gateway.errors.length = 0;
    });
  }

  test('that was paid before its payment is taken back as a whole waits for a person, whatever is said again', async () => {
    const intent = await paid(1000);
    await refunds.create({ payment_intent: intent.id, amount: 300 });
    await decide(intent, 'sale', 'reversed');
    assert.deepEqual(await made(intent), ['700 succeeded', '300 succeeded']);
    assert.deepEqual(await forPerson(intent), ['sale may_be_paid_back_twice']);
    await settledAfterAll(intent, 'sale');
    assert.deepEqual(await forPerson(intent), ['sale may_be_paid_back_twice']);
    await decide(intent, 'sale', 'reversed');
    assert.deepEqual(await forPerson(intent), []);
    await assertHealthy(gateway.on);
    gateway.errors.length = 0;
  });

  /** What a settlement says of the first such call of a payment, which had been refused. */
  const settledAfterAll = async (intent: Stripe.PaymentIntent, kind: string) => {
    const { context } = gateway;
    const { scope } = merchant;
    const operations = await loadOfIntent(context, scope, parseId('pi', intent.id) ?? '');
    const found = operations.find((each) => each.kind === kind);
    const { id: operationId, amount, currency, reference } = present(found, 'its operation');
    const heard = await recordEvidence(context, scope, {
      operationId,
      evidence: {
        kind: 'settlement_line',
        sourceKey: `line of ${reference}`,
        says: { outcome: 'approved', amount, currency, reference },
      },
      writes: (change) => heardBy(operationListeners, context, scope, change),
    });
    assert.equal(heard.ok, true);
  };

  test('is not made of a capture that came too late to be booked, when its bank takes that back', async () => {
    const intent = await paid(1000, 'manual');
    bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    await refusalOf(paymentIntents.capture(intent.id));
    await paymentIntents.capture(intent.id);
    await settledAfterAll(intent, 'capture');
    await happened();
    await decide(intent, 'capture', 'reversed');
    assert.deepEqual(await made(intent), []);
    assert.deepEqual(await happened(), []);
    await assertHealthy(gateway.on);
    gateway.errors.length = 0;
  });

  test('that is said to be paid beside the one made instead stays failed where a person says it was not', async () => {
    const intent = await paid(1000);
    bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    await refunds.create({ payment_intent: intent.id });
    await refunds.create({ payment_intent: intent.id });
    await settledAfterAll(intent, 'refund');
    await decide(intent, 'refund', 'declined');
    assert.deepEqual(await made(intent), ['1000 succeeded', '1000 failed']);
    // It is named until they know better.
    await assert.rejects(assertHealthy(gateway.on));
    await decide(intent, 'refund', 'reversed');
    assert.deepEqual(await made(intent), ['1000 succeeded', '1000 failed']);
    await assertHealthy(gateway.on);
    gateway.errors.length = 0;
  });

  test('that had failed and was paid out beside the one made instead is booked by the word of a person', async () => {
    const intent = await paid(1000);
    bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    const failed = await refunds.create({ payment_intent: intent.id });
    const anew = await refunds.create({ payment_intent: intent.id });
    assert.deepEqual(await made(intent), ['1000 succeeded', '1000 failed']);
    await happened();
    await decide(intent, 'refund', 'approved');
    assert.deepEqual(await happened(), ['refund.updated', 'charge.refund.updated']);
    const now = await refunds.retrieve(failed.id, { expand: ['charge', 'balance_transaction'] });
    assert.partialDeepStrictEqual(now, {
      status: 'succeeded',
      charge: { amount_refunded: 1000 },
      balance_transaction: { amount: -1000, type: 'refund' },
    });
    assert.deepEqual(gateway.errors, []);
    await assertHealthy(gateway.on);
    // It is booked once, and where the bank's people get one of the two back, the other one counts.
    await decide(intent, 'refund', 'approved');
    assert.deepEqual(await happened(), []);
    await decide(intent, 'refund', 'reversed', 'last');
    assert.equal((await refunds.retrieve(anew.id)).status, 'failed');
    const charge = await charges.retrieve(String(intent.latest_charge));
    assert.deepEqual([charge.refunded, charge.amount_refunded], [true, 1000]);
    await assertHealthy(gateway.on);
  });

  test('of what a bank took back is booked by the word of a person where only a later capture leaves room', async () => {
    const intent = await paymentIntents.create({
      amount: 1000,
      currency: 'usd',
      confirm: true,
      capture_method: 'manual',
      payment_method: 'pm_card_visa',
      payment_method_options: { card: { request_multicapture: 'if_available' } },
    });
    await paymentIntents.capture(intent.id, { amount_to_capture: 500, final_capture: false });
    bank.next.push(lostAfter);
    const refund = await refunds.create({ payment_intent: intent.id, amount: 300 });
    await decide(intent, 'capture', 'reversed');
    await resolveUntil(async () => (await refunds.retrieve(refund.id)).status === 'succeeded');
    await paymentIntents.capture(intent.id);
    const named = 'nothing that its bank has taken back is left to a charge';
    await assert.rejects(assertHealthy(gateway.on), new RegExp(named));
    await decide(intent, 'capture', 'approved');
    assert.deepEqual(await made(intent), ['200 succeeded', '300 succeeded']);
    await decide(intent, 'capture', 'reversed');
    assert.deepEqual(await made(intent), ['300 succeeded', '200 succeeded', '300 succeeded']);
    await assertHealthy(gateway.on);
    gateway.errors.length = 0;
  });
});
