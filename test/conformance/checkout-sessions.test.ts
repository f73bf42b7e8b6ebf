// Checkout sessions as the official SDK asks for them, and paid as a page pays them.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';
import { assertShape } from '../support/stripe-shape.ts';

const { gateway, merchant, stripe, bank, happened } = await openShop();
const { sessions } = stripe.checkout;
const { ask } = gateway;

const order: Stripe.Checkout.SessionCreateParams = {
  mode: 'payment',
  line_items: [
    {
      quantity: 2,
      price_data: { currency: 'eur', unit_amount: 1250, product_data: { name: 'Tea' } },
    },
  ],
  success_url: 'https://shop.test/done?session={CHECKOUT_SESSION_ID}',
  cancel_url: 'https://shop.test/cart',
};

const card = (number: string): string =>
  `payment_method_data[type]=card&payment_method_data[card][number]=${number}` +
  '&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2034' +
  '&payment_method_data[card][cvc]=123';
const form = (number = '4242424242424242', amount = 2500): string =>
  `${card(number)}&expected_amount=${amount}&email=jenny@example.com&name=Jenny`;

const confirm = (id: string, body = form()) =>
  ask('POST', `/v1/payment_pages/${id}/confirm`, { form: body });

beforeEach(async () => {
  await happened();
  bank.calls.length = 0;
});

describe('a line as it was said until 2022-08-01', () => {
  const said = (lines: string, rest = '') =>
    ask('POST', '/v1/checkout/sessions', {
      key: merchant.key,
      form: `success_url=https://shop.test/done&cancel_url=https://shop.test/cart${rest}&${lines}`,
    });
  const tea = 'line_items[][name]=Tea&line_items[][amount]=1250&line_items[][currency]=eur';

  test('sells the same, in the mode of a payment', async () => {
    const { body } = await said(
      `${tea}&line_items[][quantity]=2&line_items[][description]=Leaves` +
        '&line_items[][name]=Pot&line_items[][amount]=3000&line_items[][currency]=eur&line_items[][quantity]=1',
    );
    assert.deepEqual([body.mode, body.currency, body.amount_total], ['payment', 'eur', 5500]);
    const { data } = await sessions.listLineItems(body.id);
    assert.deepEqual(
      data.map(({ description, quantity, amount_total: total }) => [description, quantity, total]),
      [
        ['Tea', 2, 2500],
        ['Pot', 1, 3000],
      ],
    );
  });

  test('is refused where half of it is missing, and beside a line of today', async () => {
    const half = await said('line_items[][name]=Tea&line_items[][currency]=eur');
    assert.deepEqual(
      [half.body.error.code, half.body.error.param],
      ['parameter_missing', 'line_items[0][amount]'],
    );
    const both = await said(`${tea}&line_items[][price]=price_1`);
    assert.equal(both.status, 400);
    assert.equal(both.body.error.param, 'line_items[0][price]');
    const dear = await said(
      `${tea}&line_items[][name]=Pot&line_items[][amount]=3000&line_items[][currency]=usd`,
    );
    assert.equal(dear.body.error.param, 'line_items[1][currency]');
    const setup = await said(tea, '&mode=setup');
    assert.equal(setup.body.error.param, 'line_items');
  });
});

test('the product of a line is shown with its price, wherever lines are', async () => {
  const product_data = {
    name: 'Tea',
    description: 'Leaves',
    metadata: { sku: 'tea-1' },
    tax_code: 'txcd_99999999',
    unit_label: 'bag',
  };
  const price_data = { currency: 'eur', unit_amount: 1250, product_data };
  const asked = { ...order, line_items: [{ quantity: 2, price_data }] };
  const expand = ['line_items.data.price.product'];
  const created = await sessions.create({ ...asked, expand });
  const productOf = (lines: Stripe.ApiList<Stripe.LineItem> | undefined): unknown =>
    lines?.data[0]?.price?.product;
  const product = productOf(created.line_items) as Stripe.Product;
  const { id, active, name, description, metadata, tax_code: taxCode, unit_label: unit } = product;
  assert.match(id, /^prod_\w+$/);
  assert.deepEqual(
    { active, name, description, metadata, tax_code: taxCode, unit_label: unit },
    { active: false, ...product_data },
  );
  const shape = JSON.parse(JSON.stringify(product));
  assertShape(shape, 'resources/Products.d.ts', 'Product', { expanded: [] });

  const retrieved = await sessions.retrieve(created.id, { expand });
  assert.deepEqual(productOf(retrieved.line_items), product);
  const lines = await sessions.listLineItems(created.id, { expand: ['data.price.product'] });
  assert.deepEqual(productOf(lines), product);
  const unexpanded = await sessions.retrieve(created.id, { expand: ['line_items'] });
  assert.equal(productOf(unexpanded.line_items), id);
  assert.deepEqual(productOf((await sessions.expire(created.id, { expand })).line_items), product);

  const link = await stripe.paymentLinks.create({ line_items: asked.line_items, expand });
  const ofLink = productOf(link.line_items);
  assert.equal((ofLink as Stripe.Product).metadata['sku'], 'tea-1');
  const again = await stripe.paymentLinks.retrieve(link.id, { expand });
  assert.deepEqual(productOf(again.line_items), ofLink);
  const ofItems = await stripe.paymentLinks.listLineItems(link.id, {
    expand: ['data.price.product'],
  });
  assert.deepEqual(productOf(ofItems), ofLink);

  const taxed = { ...product_data, tax_details: { tax_code: 'txcd_99999999' } };
  const refused = sessions.create({
    ...order,
    line_items: [{ price_data: { ...price_data, product_data: taxed as never } }],
  });
  assert.match((await refusalOf(refused)).param ?? '', /product_data\]\[tax_details\]$/);
});

describe('a session', () => {
  test('is made, shown, and paid by its page without a key', async () => {
    const session = await sessions.create(order);
    assert.match(session.id, /^cs_test_[0-9A-Za-z]{66}$/);
    assert.equal(session.amount_total, 2500);
    assert.equal(session.status, 'open');
    assert.equal(session.payment_intent, null);
    assert.equal(session.success_url, `https://shop.test/done?session=${session.id}`);
    assert.equal(session.url, `http://pay.test/c/${session.id}`);
    assert.deepEqual(await happened(), []);

    const { status, body } = await confirm(session.id);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.status, 'complete');
    assert.equal(body.payment_status, 'paid');
    assert.equal(body.page.receipt.amount, 2500);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
      'checkout.session.completed',
    ]);
    const paid = await sessions.retrieve(session.id, {
      expand: ['payment_intent', 'line_items'],
    });
    assert.equal(paid.status, 'complete');
    assert.equal(paid.url, null);
    assert.equal(paid.customer_details?.email, 'jenny@example.com');
    assert.equal(paid.line_items?.data[0]?.amount_total, 2500);
    const intent = paid.payment_intent;
    assert.ok(intent !== null && typeof intent === 'object');
    assert.equal(intent.status, 'succeeded');
    assert.equal(intent.amount_received, 2500);
    assert.equal(bank.calls.length, 1);
  });
});

describe('what a session says of ways to pay', () => {
  test('holds for the payment that it makes', async () => {
    const { id, payment_method_options: shown } = await sessions.create({
      ...order,
      payment_method_options: {
        card: {
          capture_method: 'manual',
          request_three_d_secure: 'any',
          setup_future_usage: 'off_session',
        },
        ideal: { setup_future_usage: 'none' },
        us_bank_account: { verification_method: 'instant' },
      },
    });
    const card = {
      capture_method: 'manual',
      request_three_d_secure: 'any',
      setup_future_usage: 'off_session',
    };
    assert.deepEqual(shown, { card, ideal: { setup_future_usage: 'none' } });
    const { body } = await confirm(id);
    assert.equal(body.status, 'complete', JSON.stringify(body));
    const paid = await sessions.retrieve(id, {
      expand: ['payment_intent.payment_method', 'customer'],
    });
    assert.deepEqual(paid.payment_method_options, shown);
    const intent = paid.payment_intent as Stripe.PaymentIntent;
    assert.equal(intent.status, 'requires_capture');
    const {
      installments: _,
      mandate_options: __,
      network: ___,
      ...options
    } = intent.payment_method_options?.card ?? {};
    assert.deepEqual(options, card);
    const method = intent.payment_method as Stripe.PaymentMethod;
    assert.equal(method.customer, (paid.customer as Stripe.Customer).id);
  });

  test('holds for the setup that it makes', async () => {
    const { id } = await sessions.create({
      mode: 'setup',
      currency: 'eur',
      success_url: 'https://shop.test/done',
      payment_method_options: { card: { request_three_d_secure: 'challenge' } },
    });
    await ask('POST', `/v1/payment_pages/${id}/confirm`, { form: form('4242424242424242', 0) });
    const kept = await sessions.retrieve(id, { expand: ['setup_intent'] });
    const setup = kept.setup_intent as Stripe.SetupIntent;
    assert.equal(setup.status, 'succeeded');
    assert.equal(setup.payment_method_options?.card?.request_three_d_secure, 'challenge');
    assert.equal(kept.payment_method_options?.card?.request_three_d_secure, 'challenge');
  });

  test('is refused where a page of ours could not keep it', async () => {
    for (const [param, payment_method_options] of [
      [
        'payment_method_options[card][restrictions][brands_blocked][0]',
        { card: { restrictions: { brands_blocked: ['elo'] } } },
      ],
      [
        'payment_method_options[bancontact][setup_future_usage]',
        { bancontact: { setup_future_usage: 'off_session' } },
      ],
      ['payment_method_options[card][foo]', { card: { foo: 'bar' } }],
    ] as const) {
      const asked = { ...order, payment_method_options } as Stripe.Checkout.SessionCreateParams;
      assert.equal((await refusalOf(sessions.create(asked))).param, param);
    }
  });
});

test('whether a card is asked for where nothing is due is said of subscriptions alone', async () => {
  const asked = { ...order, payment_method_collection: 'always' } as const;
  assert.equal((await refusalOf(sessions.create(asked))).param, 'payment_method_collection');
  const { line_items: lines } = order;
  const link = { line_items: lines, payment_method_collection: 'if_required' };
  const refused = await refusalOf(stripe.paymentLinks.create(link as never));
  assert.equal(refused.param, 'payment_method_collection');
  const usual = await sessions.create({ ...order, payment_method_collection: 'if_required' });
  assert.equal(usual.payment_method_collection, 'if_required');
});

describe('what a session says of saved cards', () => {
  test('goes to the card that it keeps, whatever the browser says', async () => {
    const { id } = await sessions.create({
      ...order,
      payment_intent_data: { setup_future_usage: 'off_session' },
      payment_method_data: { allow_redisplay: 'always' },
    });
    const { body } = await confirm(id, `${form()}&payment_method_data[allow_redisplay]=limited`);
    assert.equal(body.status, 'complete', JSON.stringify(body));
    const paid = await sessions.retrieve(id, { expand: ['payment_intent.payment_method'] });
    const { payment_method: method } = paid.payment_intent as Stripe.PaymentIntent;
    assert.equal((method as Stripe.PaymentMethod).allow_redisplay, 'always');
  });

  test('is shown where it asks for nothing, and refused where a page cannot do it', async () => {
    const off = { payment_method_remove: 'disabled', payment_method_save: 'disabled' } as const;
    const made = await sessions.create({ ...order, saved_payment_method_options: off });
    assert.deepEqual(made.saved_payment_method_options, { allow_redisplay_filters: null, ...off });
    for (const [name, value] of [
      ['allow_redisplay_filters', ['always']],
      ['payment_method_remove', 'enabled'],
      ['payment_method_save', 'enabled'],
    ] as const) {
      const asked = { ...order, saved_payment_method_options: { [name]: value } };
      const refused = await refusalOf(sessions.create(asked));
      assert.equal(refused.param, `saved_payment_method_options[${name}]`);
    }
  });
});

describe('what its payer says of themselves', () => {
  const pay = async (more: Partial<Stripe.Checkout.SessionCreateParams>) => {
    const { id: customer } = await stripe.customers.create({ name: 'J. Rosen' });
    const { id } = await sessions.create({ ...order, customer, ...more });
    await happened();
    const address = 'billing_address[line1]=1 Main Street&billing_address[country]=DE';
    const { body } = await confirm(id, `${form()}&${address}`);
    assert.equal(body.status, 'complete', JSON.stringify(body));
    return (await stripe.customers.retrieve(customer)) as Stripe.Customer;
  };
  const collect = { billing_address_collection: 'required' } as const;

  test('is kept at the customer, where the merchant wants it', async () => {
    const kept = await pay({ ...collect, customer_update: { address: 'auto', name: 'auto' } });
    assert.deepEqual([kept.name, kept.address?.line1], ['Jenny', '1 Main Street']);
    assert.equal((await happened())[0], 'customer.updated');
    const left = await pay({ ...collect, customer_update: { address: 'never' } });
    assert.deepEqual([left.name, left.address], ['J. Rosen', null]);
    assert.equal((await happened()).includes('customer.updated'), false);
  });

  test('is nothing to keep where there is no customer', async () => {
    const refused = await refusalOf(
      sessions.create({ ...order, customer_update: { name: 'auto' } }),
    );
    assert.equal(refused.param, 'customer_update');
  });
});
