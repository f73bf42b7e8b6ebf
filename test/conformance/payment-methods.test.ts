import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { brandOf, testCards } from '#cards/bins';
import { otherTypeNames } from '../../src/cards/methods/other-types.ts';
import { asOwner } from '../../src/for-tests.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { assertShape } from '../support/stripe-shape.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);
const live = stripeFor(gateway.port, merchant.liveKey);
const { customers, paymentMethods } = stripe;

const visa = { number: '4242424242424242', exp_month: 12, exp_year: 2034, cvc: '123' };
const cardMethod = (card: Partial<typeof visa> & Record<string, unknown> = {}) =>
  paymentMethods.create({ type: 'card', card: { ...visa, ...card } as never });

const requiredOf: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  boleto: { tax_id: '000.000.000-00' },
  eps: { bank: 'easybank_ag' },
  fpx: { bank: 'cimb' },
  ideal: { bank: 'ing' },
  klarna: { dob: { day: 1, month: 2, year: 1990 } },
  naver_pay: { funding: 'points' },
  p24: { bank: 'ing' },
  sofort: { country: 'DE' },
};
const assertMethod = (method: Stripe.Response<Stripe.PaymentMethod>): void => {
  const { lastResponse: _, ...shown } = method;
  assertShape(shown, 'resources/PaymentMethods.d.ts', 'PaymentMethod');
};

const typesSince = async (first: string): Promise<string[]> => {
  const events = await stripe.events.list({ limit: 100, ending_before: first });
  return events.data.map((event) => event.type).toReversed();
};
const newest = async (): Promise<string> => {
  await customers.create();
  return (await stripe.events.list({ limit: 1 })).data[0]?.id ?? '';
};

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

describe('a payment method', () => {
  test('is attached, changed and detached, and each is heard of once', async () => {
    const { id: customer } = await customers.create();
    const { id } = await cardMethod();
    const mark = await newest();

    const attached = await paymentMethods.attach(id, { customer });
    assert.equal(attached.customer, customer);
    await paymentMethods.attach(id, { customer });
    const changed = await paymentMethods.update(id, {
      billing_details: { name: 'Jenny', address: { city: 'Berlin' } },
      card: { exp_month: 7, exp_year: 2035 },
      metadata: { plan: 'gold' },
    });
    assert.equal(changed.card?.exp_month, 7);
    assert.equal(changed.billing_details.address?.city, 'Berlin');
    await paymentMethods.update(id, { metadata: { plan: 'gold' } });
    const detached = await paymentMethods.detach(id);
    assert.equal(detached.customer, null);

    assert.deepEqual(await typesSince(mark), [
      'payment_method.attached',
      'payment_method.updated',
      'payment_method.detached',
    ]);
    const [detachedEvent, updatedEvent] = (await stripe.events.list({ limit: 2 })).data as [
      Stripe.Event,
      Stripe.Event,
    ];
    assert.deepEqual(detachedEvent.data.previous_attributes, { customer });
    assert.deepEqual(updatedEvent.data.previous_attributes, {
      billing_details: { address: { city: null }, name: null },
      card: { exp_month: 12, exp_year: 2034 },
      metadata: { plan: null },
    });
  });

  test('that was detached can be neither attached nor changed nor detached again', async () => {
    const { id: customer } = await customers.create();
    const { id } = await cardMethod();
    await paymentMethods.attach(id, { customer });
    await paymentMethods.detach(id);
    const mark = await newest();

    assert.match(
      (await refusalOf(paymentMethods.attach(id, { customer }))).message,
      /may not be used again/,
    );
    assert.match(
      (await refusalOf(paymentMethods.update(id, { metadata: { a: 'b' } }))).message,
      /must save/,
    );
    assert.match(
      (await refusalOf(paymentMethods.detach(id))).message,
      /not attached to a customer so detachment/,
    );
    assert.deepEqual(await typesSince(mark), []);
  });

  test('belongs to one customer at a time', async () => {
    const [mine, yours] = [await customers.create(), await customers.create()];
    const { id } = await cardMethod();
    await paymentMethods.attach(id, { customer: mine.id });
    const refused = await refusalOf(paymentMethods.attach(id, { customer: yours.id }));
    assert.equal(
      refused.message,
      'The payment method you provided has already been attached to a customer.',
    );
  });

  test('attached by eight at once to eight customers ends with one', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => customers.create()));
    const { id } = await cardMethod();
    const outcomes = await Promise.allSettled(
      all.map(({ id: customer }) => paymentMethods.attach(id, { customer })),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    const lists = await Promise.all(
      all.map(({ id: customer }) => customers.listPaymentMethods(customer)),
    );
    assert.equal(lists.flatMap(({ data }) => data).length, 1);
  });

  test('is listed by customer and type, newest first, through pages both ways', async () => {
    const { id: customer } = await customers.create();
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      made.unshift((await paymentMethods.attach('pm_card_visa', { customer })).id);
    }
    const link = await paymentMethods.create({ type: 'link' });
    await paymentMethods.attach(link.id, { customer });

    const forward: string[] = [];
    for await (const { id } of paymentMethods.list({ customer, type: 'card', limit: 2 }))
      forward.push(id);
    assert.deepEqual(forward, made);
    const own = await customers.listPaymentMethods(customer, { limit: 100 });
    assert.deepEqual(
      own.data.map(({ id }) => id),
      [link.id, ...made],
    );
    const before = await customers.listPaymentMethods(customer, {
      ending_before: made[2] ?? '',
      limit: 1,
      type: 'card',
    });
    assert.deepEqual(
      before.data.map(({ id }) => id),
      [made[1]],
    );
    assert.equal(before.has_more, true);

    assert.equal((await customers.retrievePaymentMethod(customer, link.id)).id, link.id);
    const { id: stranger } = await customers.create();
    assert.equal(
      (await refusalOf(customers.retrievePaymentMethod(stranger, link.id))).statusCode,
      404,
    );
    assert.equal((await refusalOf(paymentMethods.list({ customer: 'cus_x' }))).param, 'customer');
  });

  test('of a kind that is not kept here is in no list, and a kind that nobody knows is refused', async () => {
    const { id: customer } = await customers.create();
    await paymentMethods.attach('pm_card_visa', { customer });
    for (const type of ['us_bank_account', 'sepa_debit', 'custom'] as const) {
      assert.deepEqual((await customers.listPaymentMethods(customer, { type })).data, []);
      assert.deepEqual((await paymentMethods.list({ customer, type })).data, []);
    }
    const refused = await refusalOf(paymentMethods.list({ customer, type: 'crad' as 'card' }));
    assert.equal(refused.param, 'type');
    assert.match(refused.message, /^Invalid type: must be one of .*\bcard\b/);
  });

  /** Their payer is asked each time: they are nobody's to keep. */
  const paysOnce: ReadonlySet<string> = new Set(['ideal', 'bancontact', 'eps', 'p24']);

  for (const type of otherTypeNames) {
    test(`of type ${type} is made, shown, attached, changed and detached as the SDK has it`, async () => {
      const hash = { ...requiredOf[type] };
      const made = await paymentMethods.create({ type, [type]: hash, allow_redisplay: 'limited' });
      assertMethod(made);
      assert.deepEqual((await paymentMethods.retrieve(made.id)).lastResponse.statusCode, 200);
      const { id: customer } = await customers.create();
      if (paysOnce.has(type)) {
        const refused = await refusalOf(paymentMethods.attach(made.id, { customer }));
        assert.deepEqual([refused.statusCode, refused.param], [400, 'payment_method']);
        return;
      }
      assertMethod(await paymentMethods.attach(made.id, { customer }));
      const updated = await paymentMethods.update(made.id, {
        allow_redisplay: 'always',
        billing_details: { name: 'Jenny' },
      });
      assert.deepEqual(
        [updated.allow_redisplay, updated.billing_details.name],
        ['always', 'Jenny'],
      );
      assertMethod(updated);
      const { data } = await customers.listPaymentMethods(customer, { type });
      assert.deepEqual(
        data.map(({ id }) => id),
        [made.id],
      );
      assert.equal((await paymentMethods.detach(made.id)).customer, null);
    });
  }

  test('of a kind whose hash has to hold something is refused without it', async () => {
    for (const [type, name] of [
      ['boleto', 'boleto'],
      ['fpx', 'fpx'],
      ['sofort', 'sofort'],
    ] as const) {
      const refused = await refusalOf(paymentMethods.create({ type }));
      assert.deepEqual([refused.code, refused.param], ['parameter_missing', name]);
    }
    const refused = await refusalOf(
      paymentMethods.create({ type: 'fpx', fpx: { account_holder_type: 'individual' } as never }),
    );
    assert.deepEqual([refused.code, refused.param], ['parameter_missing', 'fpx[bank]']);
    const bank = { bank: 'my own bank' as never };
    assert.equal(
      (await refusalOf(paymentMethods.create({ type: 'ideal', ideal: bank }))).param,
      'ideal[bank]',
    );
  });

  test('that was the default of its customer is so no longer once it is detached', async () => {
    const { id: customer } = await customers.create();
    const { id } = await paymentMethods.attach('pm_card_visa', { customer });
    await customers.update(customer, { invoice_settings: { default_payment_method: id } });
    const mark = await newest();
    await paymentMethods.detach(id);
    const after = (await customers.retrieve(customer)) as Stripe.Customer;
    assert.equal(after.invoice_settings.default_payment_method, null);
    assert.deepEqual(await typesSince(mark), ['payment_method.detached', 'customer.updated']);
  });

  test('of another kind keeps what its hash holds, and refuses the hash of another', async () => {
    const ideal = await paymentMethods.create({ type: 'ideal', ideal: { bank: 'ing' } });
    assert.equal(ideal.ideal?.bank, 'ing');
    assert.deepEqual((await paymentMethods.create({ type: 'klarna' })).klarna, { dob: null });
    const refused = await refusalOf(paymentMethods.create({ type: 'paypal', card: visa as never }));
    assert.equal(refused.param, 'card');
    assert.equal((await refusalOf(paymentMethods.create({ type: 'gold' as never }))).param, 'type');
  });

  test('shows its customer whole when asked to', async () => {
    const { id: customer } = await customers.create({ name: 'Jenny' });
    const method = await paymentMethods.attach('pm_card_visa', { customer, expand: ['customer'] });
    assert.equal((method.customer as Stripe.Customer).name, 'Jenny');
  });
});

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

describe('a repeat under an idempotency key', () => {
  test('changes the expiry in the vault no second time, nor does the same key for something else', async () => {
    const { id: customer } = await customers.create();
    const { id } = await paymentMethods.attach('pm_card_visa', { customer });
    const expire = (exp_year: number, idempotencyKey: string) =>
      paymentMethods.update(id, { card: { exp_month: 5, exp_year } }, { idempotencyKey });
    await expire(2031, 'first');
    await expire(2035, 'second');
    assert.equal((await expire(2031, 'first')).card?.exp_year, 2031);
    assert.equal((await refusalOf(expire(2033, 'first'))).type, 'StripeIdempotencyError');

    const changes = await asOwner(
      gateway.on,
      `select count(*)::integer as count from identity.audit_entries
        where action = 'vault.card.change_expiry' and account_id = $1`,
      [merchant.accountId],
    );
    const before = Number(changes[0]?.['count']);
    await expire(2031, 'first');
    const again = await asOwner(
      gateway.on,
      `select count(*)::integer as count from identity.audit_entries
        where action = 'vault.card.change_expiry' and account_id = $1`,
      [merchant.accountId],
    );
    assert.equal(Number(again[0]?.['count']), before);
    assert.equal((await paymentMethods.retrieve(id)).card?.exp_year, 2035);
  });

  test('of many at once with one sealed or plain card makes one method and no refusal but "in use"', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        gateway.ask('POST', '/v1/payment_methods', {
          key: merchant.key,
          idempotencyKey: 'one card',
          form: 'type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123',
        }),
      ),
    );
    const made = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.id));
    assert.equal(made.size, 1);
    assert.ok(answers.every(({ status }) => status === 200 || status === 409));
    const again = await gateway.ask('POST', '/v1/payment_methods', {
      key: merchant.key,
      idempotencyKey: 'one card',
      form: 'type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123',
    });
    assert.equal(again.status, 200);
    assert.ok(made.has(again.body.id));
  });

  test('of a page does not use up the keys of the server', async () => {
    const form = 'card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034';
    const page = await gateway.ask('POST', '/v1/tokens', {
      key: merchant.publishableKey,
      idempotencyKey: 'order-6735',
      form,
    });
    const server = await gateway.ask('POST', '/v1/customers', {
      key: merchant.key,
      idempotencyKey: 'order-6735',
      form: 'name=Jenny',
    });
    assert.deepEqual([page.status, server.status], [200, 200]);
  });
});
