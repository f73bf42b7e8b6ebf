// An order that is registered and not paid: whoever asks for it once more is paid by the payment that exists.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const { bank, stripe, resolveUntil } = await openShop();
const { paymentIntents, paymentMethods, customers } = stripe;

const DECLINED = 'pm_card_visa_chargeDeclined';
const ask = (order: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  paymentIntents.create({
    amount: 2500,
    currency: 'eur',
    order_reference: order,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    ...more,
  } as Stripe.PaymentIntentCreateParams);
const pay = (order: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  ask(order, { confirm: true, payment_method: 'pm_card_visa', ...more });
const ofOrder = async (order: string) =>
  (await paymentIntents.list({ order_reference: order } as never)).data;
const sales = (): number => bank.calls.filter(({ what }) => what === 'sale').length;

describe('an order that was declined', () => {
  test('is paid by asking again with another card, and has one payment', async () => {
    const refused = await refusalOf(pay('declined', { payment_method: DECLINED }));
    const paid = await pay('declined', { metadata: { tried: 'twice' } });
    assert.equal(paid.status, 'succeeded');
    assert.equal(paid.id, refused.payment_intent?.id);
    assert.deepEqual(paid.metadata, { tried: 'twice' });
    assert.equal((await ofOrder('declined')).length, 1);

    const before = sales();
    assert.equal((await pay('declined')).latest_charge, paid.latest_charge);
    assert.equal(sales(), before);
  });

  test('is declined again with its payment, whose card may be the same', async () => {
    const { id } = await paymentMethods.create({
      type: 'card',
      card: { token: 'tok_chargeDeclined' },
    });
    const refusals = [];
    for (const _ of [1, 2]) refusals.push(await refusalOf(pay('again', { payment_method: id })));
    const [first, second] = refusals;
    assert.deepEqual([second?.statusCode, second?.code], [402, 'card_declined']);
    assert.equal(second?.payment_intent?.id, first?.payment_intent?.id);
    assert.notEqual(second?.charge, first?.charge);
  });

  test('is paid by the customer who is named now, with what is kept for them', async () => {
    await refusalOf(pay('kept', { payment_method: DECLINED }));
    const { id: customer } = await customers.create({ source: 'tok_visa' });
    const paid = await ask('kept', { confirm: true, customer });
    assert.deepEqual([paid.status, paid.customer], ['succeeded', customer]);
  });

  test('says that a card is missing where none is given', async () => {
    await refusalOf(pay('none', { payment_method: DECLINED }));
    const refused = await refusalOf(ask('none', { confirm: true }));
    assert.match(refused.message, /missing a payment method/);
    assert.equal(refused.payment_intent?.status, 'requires_payment_method');
  });

  test('is shown and not paid where nobody asks to be paid', async () => {
    await refusalOf(pay('shown', { payment_method: DECLINED }));
    const before = sales();
    assert.equal((await ask('shown')).status, 'requires_payment_method');
    assert.equal(sales(), before);
  });

  test('is paid once, however many ask at the same moment', async () => {
    const refused = await refusalOf(pay('crowd', { payment_method: DECLINED }));
    const before = sales();
    const answers = await Promise.all(Array.from({ length: 12 }, () => pay('crowd')));
    assert.deepEqual(new Set(answers.map(({ id }) => id)), new Set([refused.payment_intent?.id]));
    assert.equal(sales() - before, 1);
    assert.equal((await pay('crowd')).status, 'succeeded');
  });
});

test('An order that was registered before is paid by the call that confirms it', async () => {
  const registered = await ask('registered');
  const paid = await pay('registered');
  assert.deepEqual([paid.id, paid.status], [registered.id, 'succeeded']);
});

test('Of an order of which nobody knows nothing is begun, whatever card is given', async () => {
  bank.next.push(lostAfter);
  const asked = await pay('unknown');
  assert.equal(asked.status, 'processing');
  const before = sales();
  assert.equal(
    (await pay('unknown', { payment_method: 'pm_card_mastercard' })).status,
    'processing',
  );
  assert.equal(sales(), before);
  await resolveUntil(async () => (await paymentIntents.retrieve(asked.id)).status === 'succeeded');
  assert.equal((await pay('unknown')).latest_charge, asked.latest_charge);
});

test('What was said of an order before it was asked for again is what its event says it was', async () => {
  const { id: customer } = await customers.create({ source: 'tok_visa' });
  const { id } = await ask('said', { transfer_group: 'first', description: 'A lamp' });
  const said = { transfer_group: 'second', customer, confirmation_method: 'manual' } as const;
  const { status } = await ask('said', { ...said, confirm: true, capture_method: 'manual' });
  assert.equal(status, 'requires_capture');
  const { data } = await stripe.events.list({ type: 'payment_intent.amount_capturable_updated' });
  const told = data.find(({ data: { object } }) => (object as { id: string }).id === id);
  const {
    transfer_group,
    customer: whose,
    confirmation_method,
    capture_method,
    ...others
  } = (told?.data.previous_attributes ?? {}) as Partial<Stripe.PaymentIntent>;
  assert.deepEqual(
    [transfer_group, whose, confirmation_method, capture_method],
    ['first', null, 'automatic', 'automatic_async'],
  );
  assert.ok(!('description' in others));
});

test('An order is paid with the card that was chosen for it, and not with the first of its customer', async () => {
  const { id: customer } = await customers.create({ source: 'tok_visa' });
  const chosen = await paymentMethods.attach('pm_card_mastercard', { customer });
  await ask('chosen', { customer, payment_method: chosen.id });
  const paid = await ask('chosen', { customer, confirm: true });
  assert.deepEqual([paid.status, paid.payment_method], ['succeeded', chosen.id]);
});

test('An order that becomes another amount at the same moment is paid at that or not at all', async () => {
  for (let round = 0; round < 12; round += 1) {
    const order = `changing-${round}`;
    const { id } = await ask(order);
    const [updated, paid] = await Promise.allSettled([
      paymentIntents.update(id, { amount: 5000 }),
      pay(order),
    ]);
    const { amount, status } = await paymentIntents.retrieve(id);
    if (updated.status === 'fulfilled')
      assert.deepEqual([amount, status === 'succeeded'], [5000, false]);
    else assert.deepEqual([amount, paid.status], [2500, 'fulfilled']);
  }
});
