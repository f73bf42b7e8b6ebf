// What the tests of checkout begin with: a session over two teas, and how its page pays it.

import type Stripe from 'stripe';
import type { Answer, Ask } from './ask.ts';

export const twoTeas: Stripe.Checkout.SessionCreateParams = {
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

export const VISA = '4242424242424242';

type Given = {
  readonly number?: string;
  readonly amount?: number;
  /** More of the form, as it is sent. */
  readonly more?: string;
};

export const formOf = ({ number = VISA, amount = 2500, more = '' }: Given = {}): string =>
  [
    'payment_method_data[type]=card',
    `payment_method_data[card][number]=${number}`,
    'payment_method_data[card][exp_month]=12',
    'payment_method_data[card][exp_year]=2034',
    'payment_method_data[card][cvc]=123',
    `expected_amount=${amount}`,
    'email=jenny@example.com',
    'name=Jenny',
    ...(more === '' ? [] : [more]),
  ].join('&');

export const payPage =
  (ask: Ask) =>
  (session: string, given: Given = {}): Promise<Answer> =>
    ask('POST', `/v1/payment_pages/${session}/confirm`, { form: formOf(given) });

/** As the form of the page is sent by a browser without scripts. */
export const pageForm = ({ number = VISA, amount = 2500, more = '' }: Given = {}): string =>
  [
    `card[number]=${number}`,
    'card[expiry]=12 / 34',
    'card[cvc]=123',
    `expected_amount=${amount}`,
    'email=jenny@example.com',
    'do=pay',
    ...(more === '' ? [] : [more]),
  ].join('&');
