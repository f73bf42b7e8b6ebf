import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { lostAfter, lostBefore, says } from '../../src/payments/intents/for-tests-bank.ts';
import { openRefunds } from '../support/refunds.ts';
import { refusalOf } from '../support/stripe.ts';

const { stripe, bank, happened, resolveUntil, paid } = await openRefunds();
const { paymentIntents, charges, refunds } = stripe;

describe('a refund', () => {
  test('gives everything back, once', async () => {
    const intent = await paid();
    await happened();
    const refund = await refunds.create({ payment_intent: intent.id, reason: 'duplicate' });
    assert.match(refund.id, /^re_\w{22}$/);
    assert.deepEqual(
      [refund.status, refund.amount, refund.reason, refund.payment_intent],
      ['succeeded', 5000, 'duplicate', intent.id],
    );
    // This bank names no number by which it could be found.
    assert.deepEqual(refund.destination_details, { card: { type: 'refund' }, type: 'card' });
    assert.deepEqual(await happened(), ['refund.created', 'charge.refunded']);
    const charge = await charges.retrieve(String(intent.latest_charge));
    assert.deepEqual([charge.refunded, charge.amount_refunded], [true, 5000]);

    const again = await refusalOf(refunds.create({ charge: charge.id }));
    assert.equal(again.code, 'charge_already_refunded');
    assert.equal(again.message, `Charge ${charge.id} has already been refunded.`);
    const { lastResponse: _, ...read } = await refunds.retrieve(refund.id);
    const { lastResponse: __, ...made } = refund;
    assert.deepEqual(read, made);
  });

  test('asked for as the oldest clients do answers the charge', async () => {
    const intent = await paid(1000);
    await happened();
    const path = `/v1/charges/${String(intent.latest_charge)}/refund`;
    const some: Stripe.Charge = await stripe.rawRequest('POST', path, { amount: 400 });
    assert.deepEqual(
      [some.object, some.id, some.refunded, some.amount_refunded],
      ['charge', intent.latest_charge, false, 400],
    );
    const rest: Stripe.Charge = await stripe.rawRequest('POST', path);
    assert.deepEqual([rest.refunded, rest.amount_refunded], [true, 1000]);
    assert.deepEqual(await happened(), [
      'refund.created',
      'charge.refunded',
      'refund.created',
      'charge.refunded',
    ]);
    const again = await refusalOf(stripe.rawRequest('POST', path));
    assert.equal(again.code, 'charge_already_refunded');
  });

  test('is found and changed at its charge, as older clients do, and at no other', async () => {
    const intent = await paid(1000);
    const other = await paid(1000);
    const { id } = await refunds.create({ payment_intent: intent.id, amount: 400 });
    const at = (charge: unknown): string => `/v1/charges/${String(charge)}/refunds/${id}`;
    const read: Stripe.Refund = await stripe.rawRequest('GET', at(intent.latest_charge));
    assert.deepEqual([read.id, read.amount], [id, 400]);
    const changed: Stripe.Refund = await stripe.rawRequest('POST', at(intent.latest_charge), {
      metadata: { n: '1' },
    });
    assert.deepEqual(changed.metadata, { n: '1' });
    for (const ask of [
      () => stripe.rawRequest('GET', at(other.latest_charge)),
      () => stripe.rawRequest('POST', at(other.latest_charge), { metadata: { n: '2' } }),
    ]) {
      const { statusCode, message } = await refusalOf(ask());
      assert.deepEqual([statusCode, message], [404, `No such refund: '${id}'`]);
    }
    assert.deepEqual((await refunds.retrieve(id)).metadata, { n: '1' });
  });

  test('of nothing is told what to name', async () => {
    const { statusCode, code, message } = await refusalOf(refunds.create({ amount: 1 }));
    assert.deepEqual(
      [statusCode, code, message],
      [
        400,
        'parameter_missing',
        'One of the following params should be provided for this request: payment_intent or charge.',
      ],
    );
  });

  test('may be of a part, and never of more than is left', async () => {
    const intent = await paid(1000);
    await refunds.create({ payment_intent: intent.id, amount: 400, metadata: { n: '1' } });
    const beyond = await refusalOf(refunds.create({ payment_intent: intent.id, amount: 601 }));
    assert.equal(
      beyond.message,
      'Refund amount ($6.01) is greater than unrefunded amount on charge ($6.00)',
    );
    const rest = await refunds.create({ payment_intent: intent.id });
    assert.equal(rest.amount, 600);
    const { data } = await refunds.list({ payment_intent: intent.id });
    assert.deepEqual(
      data.map(({ amount }) => amount),
      [600, 400],
    );
  });

  test('is in the currency of its payment, and refused in any other', async () => {
    const { id, latest_charge: charge } = await paid(1000);
    await happened();
    const before = bank.calls.length;
    for (const named of [{ payment_intent: id }, { charge: String(charge) }]) {
      const refusal = await refusalOf(refunds.create({ ...named, amount: 500, currency: 'jpy' }));
      assert.deepEqual([refusal.statusCode, refusal.param], [400, 'currency']);
    }
    assert.deepEqual([bank.calls.length - before, await happened()], [0, []]);
    const refund = await refunds.create({ payment_intent: id, amount: 500, currency: 'usd' });
    assert.deepEqual([refund.status, refund.currency], ['succeeded', 'usd']);
  });

  test('whose outcome nobody knows is pending, and counts as given back', async () => {
    const intent = await paid(1000);
    bank.next.push(lostAfter);
    await happened();
    const refund = await refunds.create({ payment_intent: intent.id, amount: 700 });
    assert.equal(refund.status, 'pending');
    assert.deepEqual(await happened(), ['refund.created', 'charge.refunded']);
    const beyond = await refusalOf(refunds.create({ payment_intent: intent.id, amount: 301 }));
    assert.match(beyond.message, /is greater than unrefunded amount on charge \(\$3\.00\)/);
    await resolveUntil(async () => (await refunds.retrieve(refund.id)).status === 'succeeded');
    assert.deepEqual(await happened(), ['refund.updated', 'charge.refund.updated']);
  });

  test('that comes to nothing gives the money free again', async () => {
    const intent = await paid(1000);
    bank.next.push(lostBefore);
    const refund = await refunds.create({ payment_intent: intent.id });
    assert.equal(refund.status, 'pending');
    await happened();
    await resolveUntil(async () => (await refunds.retrieve(refund.id)).status === 'failed');
    assert.deepEqual(await happened(), [
      'refund.updated',
      'charge.refund.updated',
      'refund.failed',
    ]);
    const charge = await charges.retrieve(String(intent.latest_charge));
    assert.deepEqual([charge.refunded, charge.amount_refunded], [false, 0]);
    assert.equal((await refunds.create({ payment_intent: intent.id })).status, 'succeeded');
  });

  test('that the bank refuses has failed, and says so', async () => {
    const intent = await paid(1000);
    bank.next.push(says({ outcome: 'declined', code: 'expired_card' }));
    await happened();
    const refund = await refunds.create({ payment_intent: intent.id });
    assert.deepEqual(
      [refund.status, refund.failure_reason],
      ['failed', 'expired_or_canceled_card'],
    );
    assert.deepEqual(await happened(), ['refund.created', 'refund.failed']);
  });

  test('races with others for the rest, and no more than it leaves', async () => {
    for (let round = 0; round < 5; round += 1) {
      const intent = await paid(1000);
      const asked = await Promise.allSettled(
        Array.from({ length: 6 }, () => refunds.create({ payment_intent: intent.id, amount: 300 })),
      );
      assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 3);
      const charge = await charges.retrieve(String(intent.latest_charge));
      assert.equal(charge.amount_refunded, 900);
      assert.equal([...bank.book.values()].at(-1)?.refunded, 900n);
    }
  });

  test('takes metadata later, and tells of it', async () => {
    const intent = await paid(1000);
    const refund = await refunds.create({ payment_intent: intent.id });
    await happened();
    const changed = await refunds.update(refund.id, { metadata: { a: 'b' } });
    assert.deepEqual(changed.metadata, { a: 'b' });
    assert.deepEqual(await happened(), ['refund.updated', 'charge.refund.updated']);
    const event = (await stripe.events.list({ limit: 1 })).data[0];
    assert.deepEqual(event?.data.previous_attributes, { metadata: { a: null } });
  });

  test('is only of what was captured', async () => {
    const intent = await paymentIntents.create({
      amount: 1000,
      currency: 'usd',
      confirm: true,
      capture_method: 'manual',
      payment_method: 'pm_card_visa',
    });
    const refused = await refusalOf(refunds.create({ payment_intent: intent.id }));
    assert.match(refused.message, /does not have a successful charge to refund/);
    const canceling = await refusalOf(refunds.cancel('re_0000000000000000000000'));
    assert.equal(canceling.statusCode, 404);
  });

  test('while a capture is under way is to be asked for again, and not refused for good', async () => {
    const held = {
      amount: 1000,
      currency: 'usd',
      confirm: true,
      capture_method: 'manual',
      payment_method: 'pm_card_visa',
      payment_method_options: { card: { request_multicapture: 'if_available' } },
    } as const;
    const whole = await paymentIntents.create(held);
    const parts = await paymentIntents.create(held);
    await paymentIntents.capture(parts.id, { amount_to_capture: 400, final_capture: false });
    await refunds.create({ payment_intent: parts.id });
    for (const { id, latest_charge: charge } of [whole, parts]) {
      bank.next.push(lostAfter);
      assert.equal((await paymentIntents.capture(id)).status, 'processing');
      const ways = [{ charge: String(charge), amount: 10 }, { payment_intent: id }];
      const ask = (way: object) => refunds.create(way, { idempotencyKey: JSON.stringify(way) });
      for (const way of ways) {
        const refused = await refusalOf(ask(way));
        assert.deepEqual(
          [refused.statusCode, refused.code],
          [409, 'payment_intent_outcome_unknown'],
        );
      }
      await resolveUntil(async () => (await paymentIntents.retrieve(id)).status === 'succeeded');
      for (const way of ways) assert.equal((await ask(way)).status, 'succeeded');
    }
  });

  test('while its payment is not known yet is to be asked for again, and not refused for good', async () => {
    bank.next.push(lostAfter);
    const { id, latest_charge: charge } = await paymentIntents.create({
      amount: 1000,
      currency: 'usd',
      confirm: true,
      payment_method: 'pm_card_visa',
    });
    const named = charge ?? (await charges.list({ payment_intent: id })).data[0]?.id;
    const ways = [{ charge: String(named), amount: 10 }, { payment_intent: id }];
    const ask = (way: object) => refunds.create(way, { idempotencyKey: JSON.stringify(way) });
    assert.equal((await paymentIntents.retrieve(id)).status, 'processing');
    for (const way of ways) {
      const refused = await refusalOf(ask(way));
      assert.deepEqual([refused.statusCode, refused.code], [409, 'payment_intent_outcome_unknown']);
      assert.match(refused.message, /its payment is under way/);
    }
    await resolveUntil(async () => (await paymentIntents.retrieve(id)).status === 'succeeded');
    for (const way of ways) assert.equal((await ask(way)).status, 'succeeded');
  });

  test('is shown with its charge where that is asked for, and not unasked', async () => {
    const intent = await paid(1000);
    const id = String(intent.latest_charge);
    const made: string[] = [];
    for (let n = 0; n < 11; n += 1) {
      made.unshift((await refunds.create({ charge: id, amount: 10 })).id);
    }
    assert.equal('refunds' in (await charges.retrieve(id)), false);
    const { refunds: shown } = await charges.retrieve(id, { expand: ['refunds'] });
    assert.deepEqual(
      shown?.data.map((each) => each.id),
      made.slice(0, 10),
    );
    assert.deepEqual([shown.url, shown.has_more], [`/v1/charges/${id}/refunds`, true]);
    const whole = await paymentIntents.retrieve(intent.id, {
      expand: ['latest_charge.refunds.data.balance_transaction'],
    });
    const charge = whole.latest_charge;
    assert.ok(typeof charge === 'object' && charge !== null);
    const [last] = charge.refunds?.data ?? [];
    assert.ok(typeof last?.balance_transaction === 'object');
    assert.equal(last.balance_transaction?.amount, -10);
  });
});
