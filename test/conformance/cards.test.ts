// Cards and the tokens that stand for them: how they are taken, shown and refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brandOf, testCards } from '#cards/bins';
import { openMethods, visa } from '../support/methods.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';

const { gateway, merchant, stripe, cardMethod } = await openMethods();
const live = stripeFor(gateway.port, merchant.liveKey);
const { customers, paymentMethods } = stripe;

describe('a card', () => {
  test('comes back without its number and its security code, as Stripe shows it', async () => {
    const method = await paymentMethods.create({
      type: 'card',
      card: visa,
      billing_details: {
        name: 'Jenny Rosen',
        email: 'jenny@example.com',
        address: { postal_code: '10117', line1: 'x' },
      },
      metadata: { order: '1' },
      allow_redisplay: 'always',
    });
    const { lastResponse: _, ...shown } = method;
    assert.match(method.id, /^pm_\w{22}$/);
    assert.deepEqual(shown.card, {
      brand: 'visa',
      checks: {
        address_line1_check: 'unchecked',
        address_postal_code_check: 'unchecked',
        cvc_check: 'unchecked',
      },
      country: 'US',
      display_brand: 'visa',
      exp_month: 12,
      exp_year: 2034,
      fingerprint: shown.card?.fingerprint,
      funding: 'credit',
      generated_from: null,
      last4: '4242',
      networks: { available: ['visa'], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    });
    assert.equal(shown.customer, null);
    assert.equal(shown.allow_redisplay, 'always');
    assert.equal(shown.billing_details.name, 'Jenny Rosen');
    assert.doesNotMatch(JSON.stringify(shown), /4242424242|"123"/);
    const { lastResponse: __, ...again } = await paymentMethods.retrieve(method.id);
    assert.deepEqual(again, shown);
  });

  test('has one fingerprint per number and merchant, whatever else differs', async () => {
    const first = await cardMethod();
    const second = await cardMethod({ exp_month: 1, exp_year: 2031, cvc: '999' });
    const other = await cardMethod({ number: '4000056655665556' });
    assert.equal(first.card?.fingerprint, second.card?.fingerprint);
    assert.notEqual(first.card?.fingerprint, other.card?.fingerprint);

    const stranger = stripeFor(gateway.port, (await gateway.merchant('Another')).key);
    const theirs = await stranger.paymentMethods.create({ type: 'card', card: visa as never });
    assert.notEqual(theirs.card?.fingerprint, first.card?.fingerprint);
  });

  test('is taken with spaces, as JSON, with a year of two digits and without a security code', async () => {
    const spaced = await cardMethod({ number: '4242 4242 4242 4242', exp_year: 34 });
    assert.equal(spaced.card?.exp_year, 2034);
    const answer = await gateway.ask('POST', '/v1/payment_methods', {
      key: merchant.key,
      json: { type: 'card', card: { number: visa.number, exp_month: 1, exp_year: 2030 } },
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.card.checks.cvc_check, null);
  });

  for (const [name, card, status, code, param, message] of [
    [
      'a wrong check digit',
      { number: '4242424242424241' },
      402,
      'incorrect_number',
      'number',
      'Your card number is incorrect.',
    ],
    [
      'letters for digits',
      { number: '4242abcd42424242' },
      402,
      'invalid_number',
      'number',
      'Your card number is incorrect.',
    ],
    [
      'too few digits',
      { number: '4242' },
      402,
      'invalid_number',
      'number',
      'Your card number is incorrect.',
    ],
    [
      'month 13',
      { exp_month: 13 },
      402,
      'invalid_expiry_month',
      'exp_month',
      "Your card's expiration month is invalid.",
    ],
    [
      'month 0',
      { exp_month: 0 },
      402,
      'invalid_expiry_month',
      'exp_month',
      "Your card's expiration month is invalid.",
    ],
    [
      'a year past',
      { exp_year: 2020 },
      402,
      'invalid_expiry_year',
      'exp_year',
      "Your card's expiration year is invalid.",
    ],
    [
      'a year far ahead',
      { exp_year: 2199 },
      402,
      'invalid_expiry_year',
      'exp_year',
      "Your card's expiration year is invalid.",
    ],
    [
      'a security code of two digits',
      { cvc: '12' },
      402,
      'invalid_cvc',
      'cvc',
      "Your card's security code is invalid.",
    ],
    [
      'a security code of four digits for a Visa',
      { cvc: '1234' },
      402,
      'invalid_cvc',
      'cvc',
      "Your card's security code is invalid.",
    ],
    [
      'three digits for an American Express',
      { number: '378282246310005' },
      402,
      'invalid_cvc',
      'cvc',
      "Your card's security code is invalid.",
    ],
  ] as const) {
    test(`with ${name} is refused in Stripe's words`, async () => {
      const refused = await refusalOf(cardMethod(card));
      assert.equal(refused.type, 'StripeCardError');
      assert.equal(refused.statusCode, status);
      assert.equal(refused.code, code);
      assert.equal(refused.param, param);
      assert.equal(refused.message, message);
    });
  }

  test('without number, month, year or the hash of its type says which is missing', async () => {
    for (const [form, param] of [
      ['type=card', 'card'],
      ['type=card&card[exp_month]=1&card[exp_year]=2030', 'card[number]'],
      ['type=card&card[number]=4242424242424242&card[exp_year]=2030', 'card[exp_month]'],
      ['type=card&card[number]=4242424242424242&card[exp_month]=1', 'card[exp_year]'],
      ['card[number]=4242424242424242', 'type'],
    ]) {
      const { status, body } = await gateway.ask('POST', '/v1/payment_methods', {
        key: merchant.key,
        form,
      });
      assert.equal(status, 400);
      assert.equal(body.error.code, 'parameter_missing');
      assert.equal(body.error.param, param);
    }
  });

  test('that is real is refused in test mode, and a test card in live mode', async () => {
    const real = '4539578763621486';
    assert.equal(brandOf(real), 'visa');
    const inTest = await refusalOf(cardMethod({ number: real }));
    assert.equal(inTest.code, 'card_declined');
    assert.equal(inTest.decline_code, 'test_mode_live_card');
    assert.doesNotMatch(inTest.message, /\d{6}/);

    const inLive = await refusalOf(
      live.paymentMethods.create({ type: 'card', card: visa as never }),
    );
    assert.equal(inLive.decline_code, 'live_mode_test_card');
    assert.equal(
      inLive.message,
      'Your card was declined. Your request was in live mode, but used a known test card.',
    );
    const ready = await refusalOf(live.paymentMethods.retrieve('pm_card_visa'));
    assert.equal(ready.code, 'resource_missing');
  });

  test('of two networks shows both, and the payer may choose', async () => {
    const both = await cardMethod({
      number: '4000002500001001',
      networks: { preferred: 'cartes_bancaires' },
    });
    assert.deepEqual(both.card?.networks, {
      available: ['cartes_bancaires', 'visa'],
      preferred: 'cartes_bancaires',
    });
    assert.equal(both.card?.display_brand, 'cartes_bancaires');
    const refused = await refusalOf(cardMethod({ networks: { preferred: 'visa' } }));
    assert.equal(refused.param, 'card[networks][preferred]');
  });
});

describe('every documented test card', () => {
  test('is known by its number, with its network, kind and country', async () => {
    for (const card of testCards) {
      const method = await cardMethod({
        number: card.number,
        cvc: card.brand === 'amex' ? '1234' : '123',
      });
      assert.equal(method.card?.brand, card.brand);
      assert.equal(method.card?.funding, card.funding);
      assert.equal(method.card?.country, card.country);
      assert.equal(method.card?.last4, card.number.slice(-4));
    }
  });

  test('is known by its ready-made ids, each use of which makes a new method', async () => {
    for (const card of testCards) {
      for (const suffix of card.suffixes) {
        const first = await paymentMethods.retrieve(`pm_card_${suffix}`);
        const again = await paymentMethods.retrieve(`pm_card_${suffix}`);
        assert.notEqual(first.id, again.id);
        assert.equal(first.card?.last4, card.number.slice(-4), suffix);
        const byToken = await paymentMethods.create({
          type: 'card',
          card: { token: `tok_${suffix}` },
        });
        assert.equal(byToken.card?.fingerprint, first.card?.fingerprint);
      }
    }
  });

  test('that is declined cannot be attached, and leaves nothing attached', async () => {
    const { id: customer } = await customers.create();
    for (const card of testCards.filter(({ attach }) => attach)) {
      const refused = await refusalOf(
        paymentMethods.attach(`pm_card_${card.suffixes[0]}`, { customer }),
      );
      assert.equal(refused.statusCode, 402);
      assert.equal(refused.code, card.attach?.code);
      assert.equal(refused.decline_code, card.attach?.declineCode ?? '');
    }
    assert.deepEqual((await customers.listPaymentMethods(customer)).data, []);
    await paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
  });
});

describe('a token', () => {
  test('works once, for one of eight who use it at once', async () => {
    const token = await stripe.tokens.create({
      card: { number: visa.number, exp_month: '12', exp_year: '2034' },
    });
    assert.equal(token.used, false);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        paymentMethods.create({ type: 'card', card: { token: token.id } }),
      ),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(refused.length, 7);
    for (const { reason } of refused) {
      assert.equal(reason.code, 'token_already_used');
      assert.equal(reason.message, `You cannot use a Stripe token more than once: ${token.id}.`);
    }
    assert.equal((await stripe.tokens.retrieve(token.id)).used, true);
  });

  test('for a security code shows nothing of it', async () => {
    const token = await stripe.tokens.create({ cvc_update: { cvc: '987' } });
    assert.equal(token.type, 'cvc_update');
    // An id and a moment may have any digits.
    const { lastResponse: _, id, created, ...shown } = token;
    assert.doesNotMatch(JSON.stringify(shown), /987/, `${id} of ${created}`);
    assert.equal(
      (await refusalOf(stripe.tokens.create({ cvc_update: { cvc: '9' } }))).code,
      'invalid_cvc',
    );
  });
});

describe('a publishable key', () => {
  const browser = stripeFor(gateway.port, merchant.publishableKey);

  test('may make tokens and methods, and may look at none', async () => {
    const method = await browser.paymentMethods.create({ type: 'card', card: visa as never });
    const token = await browser.tokens.create({
      card: { number: visa.number, exp_month: '12', exp_year: '2034' },
    });
    // By its fingerprint anybody could find out which of two cards have one number.
    assert.equal(method.card?.fingerprint, null);
    assert.equal(token.card?.fingerprint, null);
    assert.match((await paymentMethods.retrieve(method.id)).card?.fingerprint ?? '', /^\w{16}$/);
    assert.match((await stripe.tokens.retrieve(token.id)).card?.fingerprint ?? '', /^\w{16}$/);
    for (const call of [
      () => browser.paymentMethods.retrieve(method.id),
      () => browser.paymentMethods.list(),
      () => browser.paymentMethods.attach(method.id, { customer: 'cus_1' }),
      () => browser.paymentMethods.detach(method.id),
      () => browser.tokens.retrieve('tok_1'),
    ]) {
      assert.equal((await refusalOf(call())).code, 'secret_key_required');
    }
  });
});
