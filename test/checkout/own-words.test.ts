// What a merchant says in words of their own stands at the page where the payer needs it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { payPage, twoTeas } from '../support/checkout.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, stripe } = await openShop();
const { sessions } = stripe.checkout;

test('each text stands in its place, as text', async () => {
  const { id } = await sessions.create({
    ...twoTeas,
    shipping_address_collection: { allowed_countries: ['DE'] },
    shipping_options: [
      {
        shipping_rate_data: {
          display_name: 'By bicycle',
          type: 'fixed_amount',
          fixed_amount: { amount: 300, currency: 'eur' },
          delivery_estimate: {
            minimum: { unit: 'business_day', value: 3 },
            maximum: { unit: 'business_day', value: 5 },
          },
        },
      },
    ],
    consent_collection: { terms_of_service: 'required' },
    custom_text: {
      shipping_address: { message: 'No <b>boxes</b>, please' },
      terms_of_service_acceptance: { message: 'I know the rules' },
      submit: { message: 'We bake tonight' },
      after_submit: { message: 'Until tomorrow' },
    },
  });
  const { text } = await gateway.ask('GET', `/c/${id}`);
  const places = [
    'name="shipping[line1]"',
    'No &lt;b&gt;boxes&lt;/b&gt;, please',
    'By bicycle',
    '3–5 business days',
    'name="card[number]"',
    'I know the rules',
    'We bake tonight',
    'id="go"',
    'Until tomorrow',
  ].map((each) => text.indexOf(each));
  assert.ok(!places.includes(-1), String(places));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});

test('names are asked for as the merchant wants them, and are its to read', async () => {
  const names = {
    name_collection: { business: { enabled: true }, individual: { enabled: true, optional: true } },
  };
  const session = await sessions.create({ ...twoTeas, ...names, customer_creation: 'always' });
  assert.deepEqual(session.name_collection, {
    business: { enabled: true, optional: false },
    individual: { enabled: true, optional: true },
  });
  const { text } = await gateway.ask('GET', `/c/${session.id}`);
  assert.match(text, /<input id="business-name" [^>]*autocomplete="organization"[^>]*required/s);
  assert.match(text, /Full name <span class="quiet">\(optional\)/);
  const pay = payPage(gateway.ask);
  assert.equal((await pay(session.id)).body.error.param, 'business_name');
  const more = 'business_name=Rosen+Ltd&individual_name=Jenny+Rosen';
  assert.equal((await pay(session.id, { more })).body.status, 'complete');
  const {
    collected_information: told,
    customer_details: details,
    customer,
  } = await sessions.retrieve(session.id);
  for (const shown of [told, details]) {
    assert.deepEqual([shown?.business_name, shown?.individual_name], ['Rosen Ltd', 'Jenny Rosen']);
  }
  const made = await stripe.customers.retrieve(String(customer));
  assert.equal('name' in made && made.name, 'Jenny Rosen');
  const link = await stripe.paymentLinks.create({
    line_items: twoTeas.line_items ?? [],
    ...names,
  } as never);
  assert.deepEqual(link.name_collection, session.name_collection);
});

test('what a page asks its payer is told of their card as well', async () => {
  const session = await sessions.create({ ...twoTeas, billing_address_collection: 'required' });
  const address =
    'billing_address[line1]=Hafenstra%C3%9Fe+1&billing_address[city]=Hamburg&billing_address[postal_code]=20359&billing_address[country]=DE';
  const paid = await payPage(gateway.ask)(session.id, { more: address });
  assert.equal(paid.body.status, 'complete');
  const { payment_intent: intent } = await sessions.retrieve(session.id, {
    expand: ['payment_intent.latest_charge', 'payment_intent.payment_method'],
  });
  assert.ok(intent !== null && typeof intent === 'object');
  const { latest_charge: charge, payment_method: method } = intent;
  assert.ok(charge !== null && typeof charge === 'object');
  assert.ok(method !== null && typeof method === 'object');
  for (const { billing_details: told } of [charge, method]) {
    assert.deepEqual(
      [told.email, told.address?.postal_code, told.address?.country],
      ['jenny@example.com', '20359', 'DE'],
    );
  }
});

test('a language that does not exist is refused, with those that do', async () => {
  const refusal = await refusalOf(sessions.create({ ...twoTeas, locale: 'xx' }));
  assert.equal(refusal.param, 'locale');
  assert.match(refusal.message, /pt-BR/);
});
