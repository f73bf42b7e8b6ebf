// Customers and what they pay with.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { openMethods, visa } from '../support/methods.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, merchant, stripe, cardMethod, typesSince, newest } = await openMethods();
const { customers, paymentMethods } = stripe;

describe('a customer', () => {
  test('is created with a payment method, which becomes the default where that is asked', async () => {
    const mark = await newest();
    const customer = await customers.create({
      payment_method: 'pm_card_mastercard',
      invoice_settings: { default_payment_method: 'pm_card_mastercard' },
      expand: ['invoice_settings.default_payment_method'],
    });
    const { data } = await customers.listPaymentMethods(customer.id);
    assert.equal(data.length, 1);
    const shown = customer.invoice_settings.default_payment_method as Stripe.PaymentMethod;
    assert.equal(shown.card?.brand, 'mastercard');
    assert.deepEqual(await typesSince(mark), ['customer.created', 'payment_method.attached']);
    assert.equal(
      ((await customers.retrieve(customer.id)) as Stripe.Customer).invoice_settings
        .default_payment_method,
      data[0]?.id,
    );
  });

  test('is not created when the card is refused', async () => {
    const mark = await newest();
    for (const call of [
      () => customers.create({ payment_method: 'pm_card_chargeDeclined' }),
      () => customers.create({ source: 'tok_chargeDeclinedExpiredCard' }),
      () => customers.create({ source: 'tok_unknown' }),
      () => customers.create({ payment_method: 'pm_unknown' }),
    ]) {
      await refusalOf(call());
    }
    assert.deepEqual(await typesSince(mark), []);
  });

  test('takes as default only what it has', async () => {
    const customer = await customers.create();
    const { id } = await cardMethod();
    const refused = await refusalOf(
      customers.update(customer.id, { invoice_settings: { default_payment_method: id } }),
    );
    assert.equal(
      refused.message,
      `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
    );
    await paymentMethods.attach(id, { customer: customer.id });
    const updated = await customers.update(customer.id, {
      invoice_settings: { default_payment_method: id },
    });
    assert.equal(updated.invoice_settings.default_payment_method, id);
  });

  test('loses its payment methods when it is deleted', async () => {
    const { id } = await customers.create({ payment_method: 'pm_card_visa' });
    const [method] = (await customers.listPaymentMethods(id)).data;
    const mark = await newest();
    await customers.del(id);
    assert.deepEqual((await typesSince(mark)).sort(), [
      'customer.deleted',
      'payment_method.detached',
    ]);
    assert.equal((await paymentMethods.retrieve(method?.id ?? '')).customer, null);
  });
});

describe('a source, in the older way,', () => {
  test('is made from a token, becomes the default, and is a payment method too', async () => {
    const token = await stripe.tokens.create({
      card: {
        number: visa.number,
        exp_month: '12',
        exp_year: '2034',
        cvc: '123',
        name: 'Jenny',
        address_zip: '10117',
      },
    });
    const customer = await customers.create({ source: token.id, expand: ['default_source'] });
    const source = customer.default_source as Stripe.Card;
    assert.equal(source.id, token.card?.id);
    assert.equal(source.brand, 'Visa');
    assert.equal(source.customer, customer.id);
    assert.equal(source.address_zip, '10117');

    const [method] = (await customers.listPaymentMethods(customer.id)).data;
    assert.equal(method?.id, source.id);
    assert.equal(method?.billing_details.name, 'Jenny');
    assert.equal((await customers.listSources(customer.id)).data[0]?.id, source.id);
  });

  test('is added, changed and removed under both of its names', async () => {
    const { id } = await customers.create();
    const metadata = { shelf: '7' };
    const first = (await customers.createSource(id, {
      source: 'tok_visa',
      metadata,
    })) as Stripe.Card;
    assert.deepEqual(first.metadata, metadata);
    const second = (await customers.createSource(id, { source: 'tok_mastercard' })) as Stripe.Card;
    const shown = (await customers.retrieve(id)) as Stripe.Customer;
    assert.equal(shown.default_source, first.id);

    const changed = (await customers.updateSource(id, first.id, {
      name: 'J',
      exp_year: '2040',
    })) as Stripe.Card;
    assert.equal(changed.name, 'J');
    assert.equal(changed.exp_year, 2040);

    const cards = await gateway.ask('GET', `/v1/customers/${id}/cards`, { key: merchant.key });
    assert.deepEqual(
      cards.body.data.map((card: Stripe.Card) => card.id),
      [second.id, first.id],
    );
    const gone = await customers.deleteSource(id, first.id);
    assert.deepEqual([gone.id, (gone as Stripe.DeletedCard).deleted], [first.id, true]);
    assert.equal(((await customers.retrieve(id)) as Stripe.Customer).default_source, second.id);
    assert.equal((await refusalOf(customers.retrieveSource(id, first.id))).statusCode, 404);
  });

  test('given on update replaces the default one', async () => {
    const { id, default_source: first } = await customers.create({ source: 'tok_visa' });
    const { default_source: second } = await customers.update(id, { source: 'tok_amex' });
    assert.notEqual(first, second);
    assert.equal((await customers.listSources(id)).data.length, 1);
    const back = await refusalOf(customers.update(id, { default_source: first as string }));
    assert.equal(back.param, 'default_source');
  });
});

describe('between a customer that is deleted and a method that is attached', () => {
  test('nothing is left attached to a customer that is gone', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { id: customer } = await customers.create();
      const { id: method } = await paymentMethods.create({
        type: 'card',
        card: { token: 'tok_visa' },
      });
      const [attached, deleted] = await Promise.allSettled([
        paymentMethods.attach(method, { customer }),
        customers.del(customer),
      ]);
      assert.equal(deleted.status, 'fulfilled');
      const after = await paymentMethods.retrieve(method);
      assert.equal(after.customer, null, `round ${round}: attaching was ${attached.status}`);
    }
  });
});
