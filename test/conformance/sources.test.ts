// Cards of customers as clients of years ago know them: added, changed and removed as sources, told in those words.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { startGatewayHere } from '../support/gateway.ts';
import { happenedAt } from '../support/happened.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { assertShape } from '../support/stripe-shape.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);
const { customers } = stripe;
const happened = happenedAt(stripe);

beforeEach(async () => {
  await happened();
});

const eventOf = async (type: string): Promise<Stripe.Event.Data> => {
  const { data } = await stripe.events.list({ type, limit: 1 });
  assert.ok(data[0] !== undefined, `An event ${type}`);
  return data[0].data;
};

const plainCard = {
  number: '4242424242424242',
  exp_month: 12,
  exp_year: 2040,
  cvc: '123',
  name: 'Jenny Rosen',
  address_zip: '94107',
};

/** The SDK’s types know tokens alone; the card itself is what older clients send. */
const cardItself = { object: 'card', ...plainCard, metadata: { n: '1' } } as unknown as string;

describe('a card of a customer is told as its source', () => {
  test('when it comes with the customer', async () => {
    const { id, default_source } = await customers.create({ source: 'tok_visa' });
    assert.deepEqual(await happened(), [
      'customer.created',
      'customer.source.created',
      'payment_method.attached',
    ]);
    const { object, previous_attributes } = await eventOf('customer.source.created');
    assertShape(object, 'resources/Cards.d.ts', 'Card');
    assert.equal(previous_attributes, undefined);
    const card = object as Stripe.Card;
    assert.deepEqual([card.id, card.customer, card.last4], [default_source, id, '4242']);
  });

  test('when it is added, and the customer when that is its first', async () => {
    const { id } = await customers.create();
    await happened();
    await customers.createSource(id, { source: 'tok_visa' });
    assert.deepEqual(await happened(), [
      'customer.source.created',
      'payment_method.attached',
      'customer.updated',
    ]);
    await customers.createSource(id, { source: 'tok_mastercard' });
    assert.deepEqual(await happened(), ['customer.source.created', 'payment_method.attached']);
  });

  test('when it changes, with what it was before', async () => {
    const { id, default_source } = await customers.create({ source: 'tok_visa' });
    const card = String(default_source);
    await happened();
    await customers.updateSource(id, card, { name: 'Jenny', metadata: { n: '1' } });
    assert.deepEqual(await happened(), ['customer.source.updated', 'payment_method.updated']);
    const { object, previous_attributes } = await eventOf('customer.source.updated');
    assert.equal((object as Stripe.Card).name, 'Jenny');
    assert.deepEqual(previous_attributes, { name: null, metadata: { n: null } });

    await stripe.paymentMethods.update(card, { card: { exp_month: 3 } });
    assert.deepEqual(await happened(), ['customer.source.updated', 'payment_method.updated']);
    assert.deepEqual((await eventOf('customer.source.updated')).previous_attributes, {
      exp_month: 12,
    });
  });

  test('when it is removed, as the customer had it', async () => {
    const { id, default_source } = await customers.create({ source: 'tok_visa' });
    await happened();
    await customers.deleteSource(id, String(default_source));
    assert.deepEqual(await happened(), [
      'customer.source.deleted',
      'payment_method.detached',
      'customer.updated',
    ]);
    const { object } = await eventOf('customer.source.deleted');
    assert.deepEqual(
      [(object as Stripe.Card).id, (object as Stripe.Card).customer],
      [default_source, id],
    );
  });

  test('and the newest of the others is the default after it', async () => {
    const { id, default_source: first } = await customers.create({ source: 'tok_visa' });
    const second = await customers.createSource(id, { source: 'tok_mastercard' });
    const third = await customers.createSource(id, { source: 'tok_amex' });
    const current = async () => {
      const customer = await customers.retrieve(id);
      return customer.deleted === true ? null : customer.default_source;
    };
    await customers.deleteSource(id, second.id);
    assert.equal(await current(), first);
    await customers.deleteSource(id, String(first));
    assert.equal(await current(), third.id);
    await stripe.paymentMethods.detach(third.id);
    assert.equal(await current(), null);
  });

  test('when another takes its place, and when its customer goes', async () => {
    const { id } = await customers.create({ source: 'tok_visa' });
    await happened();
    await customers.update(id, { source: 'tok_mastercard' });
    assert.deepEqual(await happened(), [
      'customer.source.created',
      'payment_method.attached',
      'customer.source.deleted',
      'payment_method.detached',
      'customer.updated',
    ]);
    await customers.del(id);
    assert.deepEqual(await happened(), [
      'customer.source.deleted',
      'payment_method.detached',
      'customer.deleted',
    ]);
  });

  test('and a payment method of today is not', async () => {
    const { id } = await customers.create({ payment_method: 'pm_card_visa' });
    assert.deepEqual(await happened(), ['customer.created', 'payment_method.attached']);
    const { data } = await customers.listPaymentMethods(id);
    await stripe.paymentMethods.detach(String(data[0]?.id));
    assert.deepEqual(await happened(), ['payment_method.detached']);
  });
});

describe('a card may come as it is where older clients send a token', () => {
  test('with a new customer, and is shown as a source with what was said of it', async () => {
    const { id, default_source } = await customers.create({ source: cardItself });
    const card = (await customers.retrieveSource(id, String(default_source))) as Stripe.Card;
    assert.deepEqual(
      [card.last4, card.name, card.address_zip, card.metadata],
      ['4242', 'Jenny Rosen', '94107', { n: '1' }],
    );
    const method = await stripe.paymentMethods.retrieve(String(default_source));
    assert.equal(method.billing_details.address?.postal_code, '94107');
  });

  test('added to one, under both names of the parameter', async () => {
    const { id } = await customers.create();
    await customers.createSource(id, { source: cardItself });
    const { status } = await gateway.ask('POST', `/v1/customers/${id}/cards`, {
      key: merchant.key,
      form: 'card[number]=5555555555554444&card[exp_month]=12&card[exp_year]=2040',
    });
    assert.equal(status, 200);
    assert.equal((await customers.listSources(id)).data.length, 2);
  });

  test('and is refused like one that becomes a token', async () => {
    const { id } = await customers.create();
    const wrong = { ...plainCard, number: '4242424242424241' } as unknown as string;
    const refused = await refusalOf(customers.createSource(id, { source: wrong }));
    assert.deepEqual(
      [refused.statusCode, refused.code, refused.param],
      [402, 'incorrect_number', 'number'],
    );
    const nothing = { object: 'card', exp_month: 1 } as unknown as string;
    assert.equal(
      (await refusalOf(customers.createSource(id, { source: nothing }))).param,
      'source[number]',
    );
    assert.deepEqual((await customers.listSources(id)).data, []);
  });
});
