import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { assertCustomer, assertList, assertShape } from '../support/stripe-shape.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const { customers } = stripeFor(gateway.port, merchant.key);

const taxIds = [
  { type: 'eu_vat', value: 'DE123456789' },
  { type: 'us_ein', value: '12-3456789' },
] as const;

const { id } = await customers.create({
  tax_id_data: [...taxIds],
  tax: { ip_address: '192.0.2.7' },
  cash_balance: { settings: { reconciliation_mode: 'manual' } },
});

const includable = ['sources', 'subscriptions', 'cash_balance', 'invoice_credit_balance', 'tax'];

const asked = async (method: string, path: string) =>
  gateway.ask(method, path, { key: merchant.key });

describe('expanding a customer', () => {
  test('shows nothing unasked', async () => {
    const { body } = await asked('GET', `/v1/customers/${id}`);
    assertCustomer(body);
    for (const name of [...includable, 'tax_ids']) {
      assert.equal(name in body, false, name);
    }
  });

  test('shows its tax ids', async () => {
    const customer = await customers.retrieve(id, { expand: ['tax_ids'] });
    assert.ok(!customer.deleted);
    assertCustomer({ ...customer }, { expanded: ['tax_ids'] });
    assert.equal(customer.tax_ids?.url, `/v1/customers/${id}/tax_ids`);
    assert.deepEqual(
      customer.tax_ids?.data.map(({ type, value }) => ({ type, value })),
      taxIds,
    );
    for (const taxId of customer.tax_ids?.data ?? []) {
      assertShape(taxId, 'resources/TaxIds.d.ts', 'TaxId');
    }
  });

  test('shows what may be included and is empty', async () => {
    const expand = [...includable];
    const customer = await customers.retrieve(id, { expand });
    assert.ok(!customer.deleted);
    assertCustomer({ ...customer }, { expanded: expand });
    assert.deepEqual(customer.sources?.data, []);
    assert.equal(customer.sources?.url, `/v1/customers/${id}/sources`);
    assert.deepEqual(customer.subscriptions?.data, []);
    assert.equal(customer.tax?.ip_address, '192.0.2.7');
    assert.equal(customer.cash_balance?.settings.reconciliation_mode, 'manual');
    assert.equal(customer.cash_balance?.settings.using_merchant_default, false);
    assert.deepEqual(customer.invoice_credit_balance, {});
  });

  test('shows on update what the update made of it', async () => {
    const { id } = await customers.create({ tax: { ip_address: '192.0.2.7' } });
    const { tax } = await customers.update(id, {
      tax: { ip_address: '192.0.2.8' },
      expand: ['tax'],
    });
    assert.equal(tax?.ip_address, '192.0.2.8');
  });

  test('works on create and update, before anybody could have read it', async () => {
    const created = await customers.create({ tax_id_data: [...taxIds], expand: ['tax_ids'] });
    assertCustomer({ ...created }, { expanded: ['tax_ids'] });
    assert.deepEqual(
      created.tax_ids?.data.map(({ value }) => value),
      taxIds.map(({ value }) => value),
    );
    const updated = await customers.update(created.id, { name: 'x', expand: ['tax_ids'] });
    assert.deepEqual(updated.tax_ids?.data, created.tax_ids?.data);
  });

  test('keeps null what is null', async () => {
    const expand = ['default_source', 'invoice_settings.default_payment_method', 'test_clock'];
    const customer = await customers.retrieve(id, { expand });
    assert.ok(!customer.deleted);
    assert.equal(customer.default_source, null);
    assert.equal(customer.invoice_settings.default_payment_method, null);
    assert.equal(customer.test_clock, null);
  });

  test('in a list goes by data', async () => {
    const { body } = await asked('GET', '/v1/customers?expand[]=data.tax_ids');
    assertList(body, (item) => assertCustomer(item, { expanded: ['tax_ids'] }));
    const alone = await asked('GET', '/v1/customers?expand[]=data');
    assert.equal(alone.status, 200);
    assertList(alone.body, assertCustomer);
  });

  test('leaves a deleted customer as it is', async () => {
    const gone = await customers.create();
    await customers.del(gone.id);
    const { status, body } = await asked('GET', `/v1/customers/${gone.id}?expand[]=tax_ids`);
    assert.equal(status, 200);
    assert.deepEqual(body, { id: gone.id, object: 'customer', deleted: true });
  });

  test('never appears in an event', async () => {
    const { id } = await customers.create({ tax_id_data: [...taxIds], expand: ['tax_ids'] });
    const { body } = await asked('GET', '/v1/events?limit=1');
    assert.equal(body.data[0].data.object.id, id);
    assertCustomer(body.data[0].data.object);
  });
});

test('A hash that every answer holds may be asked for, and is there as it would be unasked', async () => {
  const unasked = (await asked('GET', `/v1/customers/${id}`)).body;
  const expand = ['address', 'invoice_settings', 'shipping.address', 'shipping.name'];
  const query = expand.map((path) => `expand[]=${path}`).join('&');
  assert.deepEqual((await asked('GET', `/v1/customers/${id}?${query}`)).body, unasked);
  const listed = await asked('GET', '/v1/customers?limit=1&expand[]=data.address');
  assert.equal(listed.status, 200);
  const path = '/v1/invoice_payments?expand[]=data.invoice.subscription';
  assert.equal((await asked('GET', path)).status, 200, 'below what is not here');

  // As WooCommerce finds out whose order a card was kept for.
  const { setupIntents } = stripeFor(gateway.port, merchant.key);
  const setup = await setupIntents.create({
    payment_method_data: {
      type: 'card',
      billing_details: { email: 'jenny@example.com' },
      card: { token: 'tok_visa' },
    } as never,
  });
  const shown = await setupIntents.retrieve(setup.id, {
    expand: ['payment_method.billing_details'],
  });
  const method = shown.payment_method as Stripe.PaymentMethod;
  assert.equal(method.billing_details.email, 'jenny@example.com');
});

describe('an expand path is refused', () => {
  for (const [path, message] of [
    ['nothing', 'This property cannot be expanded (nothing).'],
    ['email', 'This property cannot be expanded (email).'],
    ['default_source.nothing', 'This property cannot be expanded (default_source.nothing).'],
    ['metadata', 'This property cannot be expanded (metadata).'],
    ['__proto__', 'This property cannot be expanded (__proto__).'],
  ] as const) {
    test(`that leads nowhere: ${path}`, async () => {
      const refused = await refusalOf(customers.retrieve(id, { expand: [path] }));
      assert.equal(refused.statusCode, 400);
      assert.equal(refused.code, undefined);
      assert.equal(refused.message, message);
    });
  }

  test('on a list without data, with the hint', async () => {
    const refused = await refusalOf(customers.list({ expand: ['tax_ids'] }));
    assert.equal(
      refused.message,
      "This property cannot be expanded (tax_ids). You may want to try expanding 'data.tax_ids' instead.",
    );
  });

  test('of more than four levels', async () => {
    const refused = await refusalOf(customers.list({ expand: ['data.a.b.c.d'] }));
    assert.equal(refused.code, 'property_expansion_max_depth');
    assert.equal(
      refused.message,
      'You cannot expand more than 4 levels of a property. Property: data.a.b.c.d',
    );
  });

  test('before anything is executed, and the key stays usable', async () => {
    const before = (await customers.list({ limit: 1 })).data[0]?.id;
    const idempotencyKey = 'refused-before';
    await refusalOf(customers.create({ expand: ['nothing'] }, { idempotencyKey }));
    assert.equal((await customers.list({ limit: 1 })).data[0]?.id, before);
    const made = await customers.create({ expand: ['tax_ids'] }, { idempotencyKey });
    assert.equal(made.lastResponse.statusCode, 200);
  });

  test('when there are too many of them', async () => {
    const many = Array.from({ length: 101 }, () => 'expand[]=tax_ids').join('&');
    assert.equal((await asked('GET', `/v1/customers/${id}?${many}`)).status, 400);
  });
});
