// What a merchant says of the order behind an amount: kept, shown, and held against the amount.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';
import { assertShape } from '../support/stripe-shape.ts';

const { stripe, happened } = await openShop();
const { paymentIntents } = stripe;

const twoHats = {
  line_items: [
    {
      product_name: 'A hat',
      product_code: 'HAT-1',
      quantity: 2,
      unit_cost: 2_000,
      tax: { total_tax_amount: 380 },
      unit_of_measure: 'piece',
      payment_method_options: { card: { commodity_code: '9505' } },
    },
    { product_name: 'A box', quantity: 1, unit_cost: 120 },
  ],
  shipping: { amount: 500, to_postal_code: '10115' },
} as const;

type Params = Partial<Stripe.PaymentIntentCreateParams>;

const create = (more: Params = {}, amount = 5_000) =>
  paymentIntents.create({ amount, currency: 'eur', ...more });

const hats = (more: Params = {}, amount = 5_000) =>
  create({ amount_details: twoHats as never, ...more }, amount);

describe('references of an order', () => {
  test('are kept from the registration to the event of the payment', async () => {
    const { id, payment_details } = await create({
      payment_details: { order_reference: 'order-7', customer_reference: 'jenny' },
    });
    assert.deepEqual(payment_details, { customer_reference: 'jenny', order_reference: 'order-7' });
    const paid = await paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    assert.deepEqual(paid.payment_details, payment_details);
    const { data } = await stripe.events.list({ type: 'payment_intent.succeeded', limit: 1 });
    const told = data[0]?.data.object as Stripe.PaymentIntent;
    assert.deepEqual([told.id, told.payment_details], [id, payment_details]);
  });

  test('are changed one by one, and taken away', async () => {
    const { id } = await create({ payment_details: { order_reference: 'order-7' } });
    const more = await paymentIntents.update(id, { payment_details: { customer_reference: 'j' } });
    assert.deepEqual(more.payment_details, {
      customer_reference: 'j',
      order_reference: 'order-7',
    });
    const none = await paymentIntents.update(id, { payment_details: '' });
    assert.equal(none.payment_details, undefined);
  });

  test('may come as late as with the capture, and with a raise', async () => {
    const held = await create({
      confirm: true,
      payment_method: 'pm_card_visa',
      capture_method: 'manual',
      payment_method_options: { card: { request_incremental_authorization: 'if_available' } },
    });
    const raised = await paymentIntents.incrementAuthorization(held.id, {
      amount: 6_000,
      payment_details: { order_reference: 'order-8' },
    });
    assert.equal(raised.payment_details?.order_reference, 'order-8');
    const captured = await paymentIntents.capture(held.id, {
      payment_details: { customer_reference: 'jenny' },
    });
    assert.deepEqual(captured.payment_details, {
      customer_reference: 'jenny',
      order_reference: 'order-8',
    });
  });
});

describe('the parts of an amount', () => {
  test('are shown, and their lines where they are asked for', async () => {
    const { id, amount_details } = await hats();
    assert.deepEqual(amount_details, {
      shipping: { amount: 500, from_postal_code: null, to_postal_code: '10115' },
      tip: {},
    });
    const { data, url } = await paymentIntents.listAmountDetailsLineItems(id);
    assert.equal(url, `/v1/payment_intents/${id}/amount_details_line_items`);
    for (const line of data) {
      assertShape(
        line,
        'resources/PaymentIntentAmountDetailsLineItems.d.ts',
        'PaymentIntentAmountDetailsLineItem',
      );
    }
    assert.deepEqual(
      data.map((line) => [line.product_name, line.quantity, line.unit_cost, line.tax]),
      [
        ['A hat', 2, 2_000, { total_tax_amount: 380 }],
        ['A box', 1, 120, null],
      ],
    );
    const next = await paymentIntents.listAmountDetailsLineItems(id, {
      starting_after: String(data[0]?.id),
    });
    assert.deepEqual(next.data, [data[1]]);
    const whole = await paymentIntents.retrieve(id, { expand: ['amount_details.line_items'] });
    assert.deepEqual(whole.amount_details?.line_items?.data, data);
  });

  test('have to come to the amount', async () => {
    const refused = await refusalOf(hats({}, 5_001));
    assert.equal(refused.param, 'amount_details');
    assert.match(refused.message, /come to 5000, and not to the amount \(5001\)/);
    const taxes = { tax: { total_tax_amount: 6_000 } };
    assert.equal((await refusalOf(create({ amount_details: taxes }))).param, 'amount_details');
  });

  test('that do not may be taken with a note, and a later amount is noted too', async () => {
    const lenient = { ...twoHats, enforce_arithmetic_validation: false } as never;
    const { amount_details: noted } = await create({ amount_details: lenient }, 5_001);
    assert.equal(noted?.error?.code, 'amount_details_amount_mismatch');
    const { id } = await hats();
    const changed = await paymentIntents.update(id, { amount: 6_000 });
    assert.equal(changed.amount_details?.error?.code, 'amount_details_amount_mismatch');
    const fitting = await paymentIntents.update(id, {
      amount_details: { discount_amount: '', line_items: '', tax: { total_tax_amount: 100 } },
    });
    assert.deepEqual(fitting.amount_details, {
      shipping: { amount: 500, from_postal_code: null, to_postal_code: '10115' },
      tax: { total_tax_amount: 100 },
      tip: {},
    });
    const none = await paymentIntents.update(id, { amount_details: '' });
    assert.deepEqual(none.amount_details, { tip: {} });
  });

  test('are said of the whole or line by line', async () => {
    const twice = { ...twoHats, tax: { total_tax_amount: 380 } } as never;
    const refused = await refusalOf(create({ amount_details: twice }));
    assert.equal(refused.param, 'amount_details[tax]');
  });
});

describe('what would be dropped silently is refused:', () => {
  test('an amount to confirm that is not the amount', async () => {
    await happened();
    const { id } = await create({ payment_method: 'pm_card_visa' });
    const refused = await refusalOf(paymentIntents.confirm(id, { amount_to_confirm: 4_000 }));
    assert.equal(refused.param, 'amount_to_confirm');
    assert.match(refused.message, /€40\.00.*€50\.00/);
    assert.deepEqual(await happened(), ['payment_intent.created']);
    const paid = await paymentIntents.confirm(id, { amount_to_confirm: 5_000 });
    assert.equal(paid.amount_received, 5_000);
  });

  test('a tax calculation', async () => {
    const hooks = { inputs: { tax: { calculation: 'taxcalc_1' } } };
    assert.equal((await refusalOf(create({ hooks }))).param, 'hooks');
  });
});

describe('excluded types', () => {
  test('are shown, and are not paid with', async () => {
    const { id, excluded_payment_method_types, automatic_payment_methods } = await create({
      excluded_payment_method_types: ['klarna', 'klarna'],
    });
    assert.deepEqual(excluded_payment_method_types, ['klarna']);
    assert.deepEqual(automatic_payment_methods, { allow_redirects: 'always', enabled: true });
    const paid = await paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    assert.equal(paid.status, 'succeeded');

    const refused = await refusalOf(create({ excluded_payment_method_types: ['card'] }));
    assert.equal(refused.param, 'excluded_payment_method_types');
  });

  test('may be taken back', async () => {
    const { id } = await create({ excluded_payment_method_types: ['klarna'] });
    const none = await paymentIntents.update(id, { excluded_payment_method_types: '' });
    assert.equal(none.excluded_payment_method_types, null);
  });
});
