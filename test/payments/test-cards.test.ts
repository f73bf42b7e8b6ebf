// Every documented test card, paid with through the official SDK at a bank over the real link: what the
// merchant reads of it. The table is written from the documentation and not from the code.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { testCards } from '#cards/bins';
import { asOwner } from '../../src/for-tests.ts';
import { controlOf } from '../sandbox/support/control.ts';
import { refusalOf, refusalsOf } from '../support/stripe.ts';
import { assertOneStory, hearOfDisputes, openTown } from './support.ts';

const { bank, gateway, stripe } = await openTown();
const { paymentIntents } = stripe;

const billing = { address: { line1: '1 Main Street', postal_code: '12345', country: 'US' } };

const orderWith = (number: string, cvc?: string) => ({
  amount: 1200,
  currency: 'usd',
  confirm: true,
  expand: ['latest_charge'],
  payment_method_data: {
    type: 'card' as const,
    billing_details: billing,
    card: { number, exp_month: 12, exp_year: 2040, ...(cvc === undefined ? {} : { cvc }) },
  } as Stripe.PaymentIntentCreateParams.PaymentMethodData,
});

type Seen = {
  readonly status: string;
  readonly code?: string;
  readonly decline?: string;
  readonly charge: Stripe.Charge | null;
};

const pay = async (params: Stripe.PaymentIntentCreateParams): Promise<Seen> => {
  try {
    const { status, latest_charge: charge } = await paymentIntents.create(params);
    return { status, charge: typeof charge === 'object' ? charge : null };
  } catch (error) {
    if (!(error instanceof stripe.errors.StripeCardError)) throw error;
    const { code, decline_code: decline, payment_intent: intent, charge } = error;
    assert.equal(error.statusCode, 402);
    assert.equal(intent?.status, 'requires_payment_method');
    return {
      status: '402',
      ...(code === undefined ? {} : { code }),
      ...(decline === undefined ? {} : { decline }),
      charge: charge === undefined ? null : await stripe.charges.retrieve(charge),
    };
  }
};

const checksOf = ({ charge }: Seen): string => {
  const { checks } = charge?.payment_method_details?.card ?? {};
  return [checks?.cvc_check, checks?.address_line1_check, checks?.address_postal_code_check].join(
    ' ',
  );
};

// By the four-digit kinds of the documentation: [number, code, decline_code].
const declines: readonly (readonly [number: string, code: string, decline: string])[] = [
  ['4000000000000002', 'card_declined', 'generic_decline'],
  ['4000000000009995', 'card_declined', 'insufficient_funds'],
  ['4000000000009987', 'card_declined', 'lost_card'],
  ['4000000000009979', 'card_declined', 'stolen_card'],
  ['4000000000006975', 'card_declined', 'card_velocity_exceeded'],
  ['4000000000000069', 'expired_card', 'expired_card'],
  ['4000000000000127', 'incorrect_cvc', 'incorrect_cvc'],
  ['4000000000000119', 'processing_error', ''],
  ['4000000000000341', 'card_declined', 'generic_decline'],
  ['4100000000000019', 'card_declined', 'fraudulent'],
];

describe('a card that is documented to be declined', () => {
  for (const [number, code, decline] of declines) {
    test(`is: ${number}, ${code} ${decline}`, async () => {
      const seen = await pay(orderWith(number, '123'));
      assert.deepEqual([seen.status, seen.code, seen.decline], ['402', code, decline]);
      assert.equal(seen.charge?.status, 'failed');
      assert.equal(seen.charge?.failure_code, code);
      assert.equal(seen.charge?.paid, false);
    });
  }

  test('and by a ready-made method is declined alike', async () => {
    for (const { number, suffixes } of testCards) {
      const expected = declines.find(([each]) => each === number);
      const [suffix] = suffixes;
      if (expected === undefined || suffix === undefined) continue;
      const { expand, amount, currency, confirm } = orderWith(number);
      const method = `pm_card_${suffix}`;
      const seen = await pay({ expand, amount, currency, confirm, payment_method: method });
      assert.deepEqual([seen.code, seen.decline], expected.slice(1), method);
    }
  });
});

/** CVC, address line and postal code, when all three were given. */
const checks: Readonly<Record<string, string>> = {
  '4242424242424242': 'pass pass pass',
  '4000000000000101': 'fail pass pass',
  '4000058400307872': 'fail pass pass',
  '4000000000000036': 'pass pass fail',
  '4000058400306072': 'pass pass fail',
  '4000000000000028': 'pass fail pass',
  '4000000000000010': 'pass fail fail',
  '4000000000000044': 'pass unavailable unavailable',
};

describe('a card whose risk is documented', () => {
  const risks = {
    '4000000000004954': 'highest',
    '4000000000009235': 'elevated',
    '4000058400307872': 'elevated',
    '4242424242424242': 'normal',
  };
  for (const [number, expected] of Object.entries(risks)) {
    test(`${number}: ${expected}`, async () => {
      const seen = await pay(orderWith(number, '123'));
      assert.equal(seen.charge?.outcome?.risk_level, expected);
    });
  }
});

describe('a card whose checks are documented', () => {
  for (const [number, expected] of Object.entries(checks)) {
    test(`pays, and shows them: ${number}, ${expected}`, async () => {
      const seen = await pay(orderWith(number, '123'));
      assert.deepEqual([seen.status, checksOf(seen)], ['succeeded', expected]);
    });
  }

  test('shows no check of what was not given', async () => {
    const { expand, amount, currency, confirm } = orderWith('4242424242424242');
    const seen = await pay({
      expand,
      amount,
      currency,
      confirm,
      payment_method_data: {
        type: 'card',
        card: { number: '4000000000000101', exp_month: 12, exp_year: 2040 },
      } as Stripe.PaymentIntentCreateParams.PaymentMethodData,
    });
    assert.deepEqual([seen.status, checksOf(seen)], ['succeeded', '  ']);
  });
});

const needAuthentication = new Set(
  `4000002760003184 4000002500003155 4000003800000446 4000008260003178 4000000000003220
   4000008400000027 4000000000003063 4000000000003238 4000000000003246 4000000000003253
   4000582600000094 4000582600000045 4000582600000102 4000582600000110 4000000032200000
   4000008400001629 4000008400001280`.split(/\s+/),
);
const declined = new Set(declines.map(([number]) => number));

describe('every other documented card', () => {
  test('pays, and shows its brand, funding, country and last four', async () => {
    for (const { number, brand, funding, country } of testCards) {
      if (declined.has(number) || needAuthentication.has(number)) continue;
      const seen = await pay(orderWith(number, brand === 'amex' ? '1234' : '123'));
      assert.equal(seen.status, 'succeeded', `${number}: ${seen.code} ${seen.decline}`);
      const card = seen.charge?.payment_method_details?.card;
      assert.deepEqual(
        [card?.brand, card?.funding, card?.country, card?.last4],
        [brand, funding, country, number.slice(-4)],
        number,
      );
      assert.equal(seen.charge?.outcome?.type, 'authorized');
    }
  });

  test('that wants its holder there is declined where nobody can ask', async () => {
    const onSessionOnly = ['4000002500003155', '4000003800000446'];
    for (const number of needAuthentication) {
      const order = { ...orderWith(number, '123'), off_session: true };
      const seen = await pay(order);
      assert.deepEqual([seen.status, seen.code], ['402', 'authentication_required'], number);
      if (!onSessionOnly.includes(number)) continue;
      const { payment_method_data: data, ...rest } = order;
      const { id: customer } = await stripe.customers.create();
      const method = await stripe.paymentMethods.create(data as Stripe.PaymentMethodCreateParams);
      await stripe.paymentMethods.attach(method.id, { customer });
      const kept = await pay({ ...rest, customer, payment_method: method.id });
      assert.equal(kept.status, 'succeeded', number);
    }
  });
});

describe('a security code that is asked for again', () => {
  const saved = async () => {
    const { id: customer } = await stripe.customers.create();
    const { id } = await stripe.paymentMethods.create({
      type: 'card',
      card: { number: '4000000000000101', exp_month: 12, exp_year: 2040 },
    } as Stripe.PaymentMethodCreateParams);
    await stripe.paymentMethods.attach(id, { customer });
    return { amount: 1200, currency: 'usd', customer, payment_method: id };
  };
  const typed = async () => {
    const { id } = await stripe.tokens.create({ cvc_update: { cvc: '123' } });
    return { payment_method_options: { card: { cvc_token: id } } };
  };
  const cardsKept = async (): Promise<unknown> =>
    (await asOwner(gateway.on, 'select count(*)::int as kept from vault.cards'))[0]?.['kept'];
  const expand = ['latest_charge'];
  const cvcOf = ({ latest_charge: charge }: Stripe.PaymentIntent): unknown =>
    (charge as Stripe.Charge).payment_method_details?.card?.checks?.cvc_check;

  test('is checked by the bank, with the payment that it was typed for', async () => {
    const order = await saved();
    const paid = await paymentIntents.create({
      ...order,
      ...(await typed()),
      confirm: true,
      expand,
    });
    assert.deepEqual([paid.status, cvcOf(paid)], ['succeeded', 'fail']);
    const { id } = await paymentIntents.create(order);
    const later = await paymentIntents.confirm(id, { ...(await typed()), expand });
    assert.deepEqual([later.status, cvcOf(later)], ['succeeded', 'fail']);
    const token = await stripe.testHelpers.confirmationTokens.create({
      payment_method: order.payment_method,
      ...(await typed()),
    } as never);
    const { payment_method: _in, ...rest } = order;
    const { id: waiting } = await paymentIntents.create(rest);
    const collected = { confirmation_token: token.id, expand };
    const carried = await paymentIntents.confirm(waiting, collected);
    assert.deepEqual([carried.status, cvcOf(carried)], ['succeeded', 'fail']);
    const without = await paymentIntents.create({ ...(await saved()), confirm: true, expand });
    assert.deepEqual([without.status, cvcOf(without)], ['succeeded', null]);
  });

  test('is good once, and where something is confirmed', async () => {
    const order = await saved();
    const again = await typed();
    await paymentIntents.create({ ...order, ...again, confirm: true });
    const twice = await refusalOf(paymentIntents.create({ ...order, ...again, confirm: true }));
    assert.equal(twice.code, 'token_already_used');
    const { id } = await paymentIntents.create(order);
    const early = [paymentIntents.create({ ...order, ...again }), paymentIntents.update(id, again)];
    for (const { message } of await refusalsOf(early)) {
      assert.match(message, /cvc_token.*when a PaymentIntent is confirmed/);
    }
    const none = { payment_method_options: { card: { cvc_token: 'tok_none' } } };
    const missing = await refusalOf(paymentIntents.confirm(id, none));
    assert.deepEqual(
      [missing.code, missing.param],
      ['resource_missing', 'payment_method_options[card][cvc_token]'],
    );
  });

  test('goes with a card that is new, which is taken back where the code is none', async () => {
    const card = { ...orderWith('4000000000000101'), ...(await typed()) };
    const paid = await paymentIntents.create(card);
    assert.deepEqual([paid.status, cvcOf(paid)], ['succeeded', 'fail']);
    const ready = { amount: 1200, currency: 'usd', payment_method: 'pm_card_visa', confirm: true };
    const { status } = await paymentIntents.create({ ...ready, ...(await typed()) });
    assert.equal(status, 'succeeded');

    const before = await cardsKept();
    const none = { payment_method_options: { card: { cvc_token: 'tok_none' } } };
    await refusalOf(paymentIntents.create({ ...card, ...none }));
    assert.equal(await cardsKept(), before);
  });
});

test('a number of no card, or one of real life, is refused before any bank is asked', async () => {
  // What the cards before have in store comes by time, and nobody asks for it.
  const asked = () => bank.journal().lines.filter(({ fact }) => 'request' in fact).length;
  const before = asked();
  for (const number of ['4242424242424241', '4111111111111112', '5424000000000015']) {
    const refused = await refusalOf(paymentIntents.create(orderWith(number, '123')));
    assert.equal(refused.statusCode, 402, number);
  }
  assert.equal(asked(), before);
});

test('and bank and gateway tell one story of all of it', async () => {
  // What the cards have in store comes a few seconds after they paid, by the bank's clock: all of it is there now.
  await controlOf(bank.ports.control).advance(60_000);
  await hearOfDisputes(bank, gateway.on);
  assert.ok((await assertOneStory(bank, gateway.on)) > 0);
  assert.deepEqual(await bank.checkBooks(), []);
});
