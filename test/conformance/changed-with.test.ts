// What a request changes besides what it begins at a provider. Its event comes when that is over, and tells what the
// payment was before that request.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { present } from '#kit/assert';
import { lostAfter, says, testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const bank = testBank();
const { stripe, resolveUntil } = await openShop([bank]);
const { paymentIntents } = stripe;

const held = (more: object = {}) =>
  paymentIntents.create({
    amount: 5000,
    currency: 'eur',
    confirm: true,
    capture_method: 'manual',
    payment_method: 'pm_card_visa',
    payment_method_options: { card: { request_multicapture: 'if_available' } },
    metadata: { kept: '1', changed: '2' },
    ...more,
  });

const previousOf = async (type: string, id: string): Promise<unknown> => {
  const { data } = await stripe.events.list({ type, limit: 20 });
  const event = data.find((each) => JSON.stringify(each.data.object).includes(id));
  return (event?.data as Stripe.Event.Data | undefined)?.previous_attributes;
};
const capturable = (id: string) => previousOf('payment_intent.amount_capturable_updated', id);
const part = { amount_to_capture: 2000, final_capture: false } as const;

test('What a card’s holder is to read is told to its bank with the payment, and anew with the capture', async () => {
  const told: unknown[] = [];
  const listening: (typeof bank.next)[number] = (call, truth) => {
    told.push('descriptor' in call.request ? call.request.descriptor : null);
    return truth();
  };
  bank.next.push(listening, listening);
  const { id } = await held({ statement_descriptor_suffix: 'BEFORE' });
  await paymentIntents.capture(id, { statement_descriptor_suffix: 'AFTER' });
  assert.deepEqual(told, ['BEFORE', 'AFTER']);
});

test('What was said of it since the hold is told with the capture, and shown at the charge', async () => {
  const { id } = await held({ statement_descriptor: 'BEFORE' });
  await paymentIntents.update(id, { statement_descriptor: 'SINCE THEN' });
  let told: unknown;
  bank.next.push((call, truth) => {
    told = 'descriptor' in call.request ? call.request.descriptor : null;
    return truth();
  });
  const { latest_charge: charge } = await paymentIntents.capture(id);
  const { calculated_statement_descriptor: shown } = await stripe.charges.retrieve(String(charge));
  assert.deepEqual([told, shown], ['SINCE THEN', 'SINCE THEN']);
});

describe('previous_attributes tell', () => {
  test('metadata that a capture of a part changed', async () => {
    const { id } = await held();
    await paymentIntents.capture(id, { ...part, metadata: { changed: 'two', added: '3' } });
    assert.deepEqual(await capturable(id), {
      amount_capturable: 5000,
      amount_received: 0,
      metadata: { changed: '2', added: null },
    });
    await paymentIntents.capture(id, { ...part, amount_to_capture: 1000 });
    assert.deepEqual(await capturable(id), { amount_capturable: 3000, amount_received: 2000 });
  });

  test('what a card’s holder was to read before the capture said otherwise', async () => {
    const { id } = await held({ statement_descriptor_suffix: 'BEFORE' });
    await paymentIntents.capture(id, { statement_descriptor_suffix: 'AFTER' });
    const previous = (await previousOf('charge.captured', id)) as Record<string, unknown>;
    assert.equal(previous['statement_descriptor_suffix'], 'BEFORE');
    assert.equal(previous['captured'], false);
  });

  test('until when it could be captured, which is over with the last capture', async () => {
    for (const parts of [[], [part]]) {
      const { id, latest_charge } = await held();
      const { payment_method_details: then } = await stripe.charges.retrieve(String(latest_charge));
      for (const each of parts) await paymentIntents.capture(id, each);
      await paymentIntents.capture(id);
      const previous = (await previousOf('charge.captured', id)) as Stripe.Charge;
      const deadline = present(then?.card?.capture_before, 'a deadline');
      assert.deepEqual(previous.payment_method_details, { card: { capture_before: deadline } });
    }
  });

  test('what a confirmation gave, where it holds an amount', async () => {
    const { id } = await paymentIntents.create({
      amount: 5000,
      currency: 'eur',
      capture_method: 'manual',
      excluded_payment_method_types: ['link'],
    });
    await paymentIntents.confirm(id, {
      payment_method: 'pm_card_visa',
      receipt_email: 'jenny@example.com',
      payment_details: { order_reference: '6735' },
    });
    const previous = (await capturable(id)) as Record<string, unknown>;
    assert.deepEqual(
      [previous['status'], previous['payment_method'], previous['receipt_email']],
      ['requires_payment_method', null, null],
    );
    assert.deepEqual(previous['payment_details'], null);
    assert.equal('amount' in previous, false);
  });

  test('nothing of a capture that came to nothing', async () => {
    const { id } = await held();
    bank.next.push(says({ outcome: 'declined', code: 'not_permitted' }));
    const failing = { ...part, metadata: { changed: 'in vain' } };
    assert.equal((await refusalOf(paymentIntents.capture(id, failing))).code, 'capture_declined');
    await paymentIntents.capture(id, part);
    assert.deepEqual(await capturable(id), { amount_capturable: 5000, amount_received: 0 });
  });

  test('nothing that another event has told already', async () => {
    const { id } = await held();
    bank.next.push(lostAfter);
    const { status } = await paymentIntents.capture(id, { ...part, metadata: { changed: 'two' } });
    assert.equal(status, 'processing');
    await resolveUntil(
      async () => (await paymentIntents.retrieve(id)).status === 'requires_capture',
    );
    assert.deepEqual(await capturable(id), {
      amount_capturable: 5000,
      amount_received: 0,
      processing: { card: {}, type: 'card' },
      status: 'processing',
    });
  });
});
