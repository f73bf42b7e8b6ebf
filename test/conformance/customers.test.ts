import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { formOf } from '../support/ask.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { assertCustomer, assertDeletedCustomer } from '../support/stripe-shape.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);
const { customers } = stripe;

const berlin = {
  line1: 'Unter den Linden 1',
  line2: '2nd floor',
  city: 'Berlin',
  postal_code: '10117',
  state: 'BE',
  country: 'DE',
};

const everything = {
  address: berlin,
  balance: -1500,
  business_name: 'Rosen & Söhne',
  cash_balance: { settings: { reconciliation_mode: 'manual' } },
  description: 'Pays on Mondays',
  email: 'jenny.rosen@example.com',
  individual_name: 'Jenny Rosen',
  invoice_prefix: 'ROSEN1',
  invoice_settings: {
    custom_fields: [{ name: 'Order', value: '12' }],
    footer: 'Thank you',
    rendering_options: { amount_tax_display: 'include_inclusive_tax' },
  },
  metadata: { order: '6735', plan: 'gold' },
  name: 'Jenny Rosen',
  next_invoice_sequence: 7,
  phone: '+49 30 901820',
  preferred_locales: ['de', 'en'],
  shipping: { name: 'Jenny Rosen', phone: '+49 (0) 30 901 821, ext. 17', address: berlin },
  tax: { ip_address: '192.0.2.7', validate_location: 'deferred' },
  tax_exempt: 'reverse',
  tax_id_data: [
    { type: 'eu_vat', value: 'DE123456789' },
    { type: 'us_ein', value: '12-3456789' },
  ],
  validate: false,
} satisfies Stripe.CustomerCreateParams;

/** The body as it was sent, which the SDK's objects are not. */
const retrieved = async (id: string, query = ''): Promise<Record<string, unknown>> =>
  (await gateway.ask('GET', `/v1/customers/${id}${query}`, { key: merchant.key })).body;

describe('creating a customer', () => {
  test('asks for nothing', async () => {
    const answer = await gateway.ask('POST', '/v1/customers', { key: merchant.key });
    assert.equal(answer.status, 200);
    assertCustomer(answer.body);
    const { id, created, invoice_prefix, ...rest } = answer.body;
    assert.match(id, /^cus_[0-9A-Za-z]+$/);
    assert.match(invoice_prefix, /^[0-9A-Z]{8}$/);
    assert.ok(Math.abs(created - Date.now() / 1000) < 60);
    assert.deepEqual(rest, {
      object: 'customer',
      address: null,
      balance: 0,
      currency: null,
      customer_account: null,
      default_source: null,
      delinquent: false,
      description: null,
      discount: null,
      email: null,
      invoice_settings: {
        custom_fields: null,
        default_payment_method: null,
        footer: null,
        rendering_options: null,
      },
      livemode: false,
      metadata: {},
      name: null,
      next_invoice_sequence: 1,
      phone: null,
      preferred_locales: [],
      shipping: null,
      tax_exempt: 'none',
      test_clock: null,
    });
  });

  test('takes all that the SDK can say, and shows it', async () => {
    const customer = await customers.create(everything);
    assert.equal(customer.lastResponse.statusCode, 200);
    assertCustomer({ ...customer });
    assert.deepEqual(customer.address, berlin);
    assert.equal(customer.balance, -1500);
    assert.equal(customer.business_name, 'Rosen & Söhne');
    assert.equal(customer.description, 'Pays on Mondays');
    assert.equal(customer.email, 'jenny.rosen@example.com');
    assert.equal(customer.individual_name, 'Jenny Rosen');
    assert.equal(customer.invoice_prefix, 'ROSEN1');
    assert.deepEqual(customer.invoice_settings, {
      custom_fields: [{ name: 'Order', value: '12' }],
      default_payment_method: null,
      footer: 'Thank you',
      rendering_options: { amount_tax_display: 'include_inclusive_tax', template: null },
    });
    assert.deepEqual(customer.metadata, { order: '6735', plan: 'gold' });
    assert.equal(customer.name, 'Jenny Rosen');
    assert.equal(customer.next_invoice_sequence, 7);
    assert.equal(customer.phone, '+49 30 901820');
    assert.deepEqual(customer.preferred_locales, ['de', 'en']);
    assert.deepEqual(customer.shipping, everything.shipping);
    assert.equal(customer.tax_exempt, 'reverse');
  });

  test('is readable back, field by field', async () => {
    const { lastResponse, ...created } = await customers.create(everything);
    assert.equal(lastResponse.statusCode, 200);
    assert.deepEqual(await retrieved(created.id), created);
  });

  test('knows the names of earlier versions', async () => {
    const answer = await gateway.ask('POST', '/v1/customers', {
      key: merchant.key,
      form: 'account_balance=250&email=old@example.com',
      headers: { 'stripe-version': '2020-08-27' },
    });
    assert.equal(answer.status, 200);
    assertCustomer(answer.body);
    assert.equal(answer.body.balance, 250);
  });

  test('takes the old and the new name together when they agree', async () => {
    const form = 'account_balance=250&balance=250';
    const agreed = await gateway.ask('POST', '/v1/customers', { key: merchant.key, form });
    assert.equal(agreed.body.balance, 250);

    const differing = { key: merchant.key, form: 'account_balance=250&balance=251' };
    const refused = await gateway.ask('POST', '/v1/customers', differing);
    assert.equal(refused.status, 400);
    assert.equal(refused.body.error.code, 'parameters_exclusive');
  });

  test('ignores what browser libraries send along', async () => {
    const form =
      'payment_user_agent=x&guid=1&muid=2&sid=3&time_on_page=4&referrer=https://a.example&_stripe_version=2020-08-27&name=J';
    const answer = await gateway.ask('POST', '/v1/customers', { key: merchant.key, form });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.name, 'J');
  });

  for (const [name, form, param] of [
    ['a payment method', 'payment_method=pm_1', 'payment_method'],
    ['a token as source', 'source=tok_1', 'source'],
    ['a token as card, by the old name', 'card=tok_1', undefined],
    [
      'a default payment method',
      'invoice_settings[default_payment_method]=pm_1',
      'invoice_settings[default_payment_method]',
    ],
    ['a coupon', 'coupon=SUMMER', 'coupon'],
    ['a promotion code', 'promotion_code=promo_1', 'promotion_code'],
  ] as const) {
    test(`names no ${name.replace(/^an? /, '')} that does not exist, and makes no customer`, async () => {
      const before = (await customers.list({ limit: 1 })).data[0]?.id;
      const answer = await gateway.ask('POST', '/v1/customers', { key: merchant.key, form });
      assert.equal(answer.status, 400);
      assert.equal(answer.body.error.code, 'resource_missing');
      if (param !== undefined) assert.equal(answer.body.error.param, param);
      assert.equal((await customers.list({ limit: 1 })).data[0]?.id, before);
    });
  }

  test('puts a test customer on a test clock, and a live one never', async () => {
    const made = await stripe.testHelpers.testClocks.create({ frozen_time: 1_800_000_000 });
    const { test_clock: clock } = await customers.create({ test_clock: made.id });
    assert.equal(clock, made.id);

    const live = stripeFor(gateway.port, merchant.liveKey);
    const refused = await refusalOf(live.customers.create({ test_clock: made.id }));
    assert.equal(refused.code, 'resource_missing');
    assert.equal(refused.param, 'test_clock');
  });

  test('says in which mode it lives', async () => {
    const live = stripeFor(gateway.port, merchant.liveKey);
    const { livemode } = await live.customers.create();
    assert.equal(livemode, true);
    assert.equal((await customers.create()).livemode, false);
  });
});

describe('updating a customer', () => {
  test('changes what was sent and nothing else', async () => {
    const { lastResponse: _, ...before } = await customers.create(everything);
    const { lastResponse: __, ...after } = await customers.update(before.id, { name: 'J. Rosen' });
    assertCustomer(after);
    assert.deepEqual(after, { ...before, name: 'J. Rosen' });
    assert.deepEqual(await retrieved(before.id), after);
  });

  test('accepts each parameter of the SDK', async () => {
    const { id } = await customers.create();
    const { tax_id_data: _, ...parameters } = everything;
    const { lastResponse: __, ...updated } = await customers.update(id, parameters);
    assertCustomer(updated);
    const { lastResponse: ___, ...created } = await customers.create(parameters);
    assert.deepEqual({ ...updated, id: '', created: 0 }, { ...created, id: '', created: 0 });
  });

  test('unsets by the empty string whatever can be unset', async () => {
    const { id } = await customers.create(everything);
    const names = [
      'address',
      'business_name',
      'description',
      'email',
      'individual_name',
      'metadata',
      'name',
      'phone',
      'preferred_locales',
      'shipping',
      'tax_exempt',
      'invoice_settings[custom_fields]',
      'invoice_settings[footer]',
      'invoice_settings[rendering_options]',
      'tax[ip_address]',
    ];
    const form = names.map((name) => `${name}=`).join('&');
    const answer = await gateway.ask('POST', `/v1/customers/${id}`, { key: merchant.key, form });
    assert.equal(answer.status, 200, answer.text);
    assertCustomer(answer.body);

    const { body } = await gateway.ask('POST', '/v1/customers', { key: merchant.key });
    const kept = { id: '', created: 0, balance: 0, invoice_prefix: '', next_invoice_sequence: 0 };
    assert.deepEqual({ ...answer.body, ...kept }, { ...body, ...kept });
  });

  test('refuses to unset what always has a value', async () => {
    const { id } = await customers.create();
    for (const name of ['balance', 'next_invoice_sequence', 'invoice_prefix', 'source']) {
      const answer = await gateway.ask('POST', `/v1/customers/${id}`, {
        key: merchant.key,
        form: `${name}=`,
      });
      assert.equal(answer.status, 400, name);
      assert.equal(answer.body.error.code, 'parameter_invalid_empty');
      assert.equal(answer.body.error.param, name);
      assert.equal(
        answer.body.error.message,
        `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`,
      );
    }
  });

  test('merges an address and a shipping address field by field', async () => {
    const { id } = await customers.create({ address: berlin, shipping: everything.shipping });
    const { address, shipping } = await customers.update(id, {
      address: { line2: '', city: 'Potsdam' },
      shipping: { name: 'Front desk', address: { line1: 'Am Neuen Markt 1' } },
    });
    assert.deepEqual(address, { ...berlin, line2: null, city: 'Potsdam' });
    assert.deepEqual(shipping, {
      ...everything.shipping,
      name: 'Front desk',
      address: { ...berlin, line1: 'Am Neuen Markt 1' },
    });
  });

  test('needs name and address of a shipping address', async () => {
    const { id } = await customers.create();
    const answer = await gateway.ask('POST', `/v1/customers/${id}`, {
      key: merchant.key,
      form: 'shipping[name]=Jenny',
    });
    assert.equal(answer.body.error.code, 'parameter_missing');
    assert.equal(answer.body.error.param, 'shipping[address]');
    assert.equal(answer.body.error.message, 'Missing required param: shipping[address].');
  });

  test('moves the balance both ways, and refuses what is no whole number', async () => {
    const { id } = await customers.create({ balance: 100 });
    assert.equal((await customers.update(id, { balance: -100 })).balance, -100);
    assert.equal((await customers.update(id, { balance: 0 })).balance, 0);
    for (const balance of ['1.5', '1e3', '٣', ' 1', '0x10', '9007199254740993', '01']) {
      const answer = await gateway.ask('POST', `/v1/customers/${id}`, {
        key: merchant.key,
        form: formOf({ balance }),
      });
      assert.equal(answer.status, 400, balance);
      assert.equal(answer.body.error.code, 'parameter_invalid_integer');
      assert.equal(answer.body.error.message, `Invalid integer: ${balance}`);
    }
  });

  test('loses nothing when several change it at once', async () => {
    const { id } = await customers.create();
    const keys = Array.from({ length: 8 }, (_, n) => `k${n}`);
    await Promise.all(keys.map((key) => customers.update(id, { metadata: { [key]: key } })));
    const { metadata } = (await retrieved(id)) as { metadata: Record<string, string> };
    assert.deepEqual(Object.keys(metadata).sort(), keys);
  });

  test('changes nothing for those whom a crowd keeps from it', async () => {
    const { id } = await customers.create();
    const keys = Array.from({ length: 40 }, (_, n) => `k${n}`);
    const answers = await Promise.all(
      keys.map((key) =>
        gateway.ask('POST', `/v1/customers/${id}`, {
          key: merchant.key,
          form: `metadata[${key}]=1`,
        }),
      ),
    );
    for (const { status, body, headers } of answers) {
      if (status === 200) continue;
      assert.equal(status, 429);
      assert.equal(body.error.code, 'lock_timeout');
      assert.equal(headers['stripe-should-retry'], 'true');
      assert.equal(headers['retry-after'], '1');
    }
    const changed = keys.filter((_, n) => answers[n]?.status === 200);
    assert.ok(changed.length >= 10, `Only ${changed.length} came through.`);
    const { metadata } = (await retrieved(id)) as { metadata: Record<string, string> };
    assert.deepEqual(Object.keys(metadata).sort(), changed.toSorted());
  });
});

describe('deleting a customer', () => {
  test('answers what is left of it, then and ever after', async () => {
    const { id } = await customers.create(everything);
    const answer = await gateway.ask('DELETE', `/v1/customers/${id}`, { key: merchant.key });
    assert.equal(answer.status, 200);
    assertDeletedCustomer(answer.body);
    assert.deepEqual(answer.body, { id, object: 'customer', deleted: true });
    assert.deepEqual(await retrieved(id), { id, object: 'customer', deleted: true });
  });

  test('cannot be done twice, nor can it be changed afterwards', async () => {
    const { id } = await customers.create();
    await customers.del(id);
    for (const refused of [
      await refusalOf(customers.del(id)),
      await refusalOf(customers.update(id, { name: 'x' })),
    ]) {
      assert.equal(refused.statusCode, 404);
      assert.equal(refused.code, 'resource_missing');
      assert.equal(refused.message, `No such customer: '${id}'`);
    }
  });

  test('erases what was known of the person', async () => {
    const { id } = await customers.create({ email: 'forget.me@example.com', name: 'Forget Me' });
    await customers.del(id);
    const found = await customers.list({ email: 'forget.me@example.com' });
    assert.deepEqual(found.data, []);
    const searched = await customers.search({ query: "email:'forget.me@example.com'" });
    assert.deepEqual(searched.data, []);
  });
});
