// What a merchant says in words of their own stands at the page where the payer needs it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { twoTeas } from '../support/checkout.ts';
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

test('a language that does not exist is refused, with those that do', async () => {
  const refusal = await refusalOf(sessions.create({ ...twoTeas, locale: 'xx' }));
  assert.equal(refusal.param, 'locale');
  assert.match(refusal.message, /pt-BR/);
});
