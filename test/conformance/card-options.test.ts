// What may be said of a card in `payment_method_options`: kept and shown, done, or refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { present } from '#kit/assert';
import { sessionCompleted } from '../../src/commerce/checkout/events.ts';
import { asOwner } from '../../src/for-tests.ts';
import { payPage, twoTeas } from '../support/checkout.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf, refusalsOf, stripeFor } from '../support/stripe.ts';

const { stripe, bank, gateway, merchant } = await openShop();
const { charges, paymentIntents, setupIntents, paymentMethods, customers, tokens } = stripe;

const pay = payPage(gateway.ask);
const visit = async (url: string): Promise<string> => {
  const { headers } = await gateway.ask('GET', new URL(url).pathname);
  return String(headers['location']).split('/c/')[1] ?? '';
};

const order = { amount: 2500, currency: 'eur' } as const;
const agreed = {
  amount: 900,
  amount_type: 'maximum',
  interval: 'month',
  interval_count: 1,
  reference: 'tea-of-the-month',
  start_date: 1_900_000_000,
  end_date: 1_950_000_000,
} as const;
const shown = { ...agreed, description: null, supported_types: null };
const withMandate = (more: object) => ({
  payment_method_options: { card: { mandate_options: { ...agreed, ...more } } },
});

describe('the terms of a mandate', () => {
  test('stay with a payment, from its making to its end', async () => {
    const { id } = await paymentIntents.create({ ...order, ...withMandate({}) });
    await paymentIntents.update(id, {
      payment_method_options: { card: { request_three_d_secure: 'any' } },
    });
    const paid = await paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    assert.equal(paid.status, 'succeeded');
    assert.deepEqual(paid.payment_method_options?.card?.mandate_options, shown);
    const events = await stripe.events.list({ type: 'payment_intent.succeeded' });
    const told = events.data.find(({ data }) => JSON.stringify(data).includes(id));
    const { payment_method_options: options } = present(told, 'The event').data
      .object as Stripe.PaymentIntent;
    assert.deepEqual(options?.card?.mandate_options, shown);
  });

  test('are replaced as a whole, and end with the options they stand in', async () => {
    const { id } = await paymentIntents.create({ ...order, ...withMandate({}) });
    const { interval_count: _none, end_date: _never, ...others } = agreed;
    const mandate = { ...others, interval: 'sporadic', description: 'As it comes' } as const;
    const changed = await paymentIntents.update(id, {
      payment_method_options: { card: { mandate_options: mandate } },
    });
    assert.deepEqual(changed.payment_method_options?.card?.mandate_options, {
      ...mandate,
      interval_count: null,
      end_date: null,
      supported_types: null,
    });
    const ended = await paymentIntents.update(id, { payment_method_options: { card: '' } });
    assert.equal(ended.payment_method_options?.card?.mandate_options, null);
  });

  test('stay with a setup, which says in which currency', async () => {
    const inEuro = { ...agreed, currency: 'eur' };
    const setup = await setupIntents.create({
      payment_method_options: { card: { mandate_options: inEuro, network: 'visa' } },
    });
    const expected = { ...shown, currency: 'eur' };
    for (const seen of [setup, await setupIntents.retrieve(setup.id)]) {
      const { mandate_options: mandate, network } = seen.payment_method_options?.card ?? {};
      assert.deepEqual([mandate, network], [expected, 'visa']);
    }
  });

  for (const [name, field, more] of [
    ['that lie more than a year apart', 'interval_count', { interval_count: 13 }],
    ['that end before they begin', 'end_date', { end_date: agreed.start_date - 1 }],
    ['that say nothing of how often', 'interval_count', { interval_count: undefined }],
    ['without an amount', 'amount', { amount: undefined }],
  ] as const) {
    test(`are refused ${name}`, async () => {
      const param = `payment_method_options[card][mandate_options][${field}]`;
      for (const refused of await refusalsOf([
        paymentIntents.create({ ...order, ...withMandate(more) } as never),
        setupIntents.create(withMandate({ ...more, currency: 'eur' }) as never),
      ])) {
        assert.equal(refused.param, param);
      }
    });
  }
});

test('installments that are allowed are shown as allowed, and no plan is offered', async () => {
  const asked = { payment_method_options: { card: { installments: { enabled: true } } } };
  const offered = { available_plans: [], enabled: true, plan: null };
  const made = await paymentIntents.create({ ...order, ...asked });
  assert.deepEqual(made.payment_method_options?.card?.installments, offered);
  const off = { payment_method_options: { card: { installments: { enabled: false } } } };
  const now = await paymentIntents.update(made.id, off);
  assert.equal(now.payment_method_options?.card?.installments, null);
});

test('what a session says of cards is shown at the session and at its payment', async () => {
  const card = {
    installments: { enabled: true },
    request_extended_authorization: 'if_available',
    request_overcapture: 'never',
    statement_descriptor_suffix_kana: 'チャ',
    statement_descriptor_suffix_kanji: '茶',
  } as const;
  const page = await stripe.checkout.sessions.create({
    ...twoTeas,
    payment_method_options: { card },
  });
  const { request_three_d_secure: asks, ...said } = page.payment_method_options?.card ?? {};
  assert.deepEqual([asks, said], ['automatic', card]);
  assert.equal((await payPage(gateway.ask)(page.id)).status, 200);
  const { payment_intent: paid } = await stripe.checkout.sessions.retrieve(page.id);
  const { payment_method_options: options } = await paymentIntents.retrieve(String(paid));
  assert.deepEqual(
    [options?.card?.installments?.enabled, options?.card?.request_overcapture],
    [true, 'never'],
  );

  // Events of sessions from before all of it was shown stay as they were told.
  const [told] = await asOwner(
    gateway.on,
    'select snapshot, renderer from platform.events where 401 = any (kinds) order by id desc limit 1',
  );
  const shownBy = (renderer: number) => {
    const { object } = present(sessionCompleted.renderers[renderer], 'The renderer')(
      told?.['snapshot'] as never,
      false,
    );
    return (object as unknown as Stripe.Checkout.Session).payment_method_options?.card;
  };
  assert.deepEqual(shownBy(Number(told?.['renderer'])), page.payment_method_options?.card);
  assert.deepEqual(shownBy(1), {
    installments: { enabled: true },
    request_three_d_secure: 'automatic',
  });
});

describe('cards of a kind that a merchant takes none of', () => {
  const MASTERCARD = '5555555555554444';
  const DINERS = '3056930009020004';
  const DEBIT = '4000056655665556';
  const blocking = async (restrictions: object) => {
    const asked = { ...twoTeas, payment_method_options: { card: { restrictions } } };
    return stripe.checkout.sessions.create(asked as never);
  };
  const refused = async (id: string, number: string): Promise<void> => {
    const [before, { status, body }] = [bank.calls.length, await pay(id, { number })];
    assert.equal(status, 402, number);
    assert.equal(body.error.decline_code, 'card_not_supported');
    assert.equal(bank.calls.length, before);
  };

  test('are refused by their page before any bank is asked, and another pays', async () => {
    const restrictions = { brands_blocked: ['mastercard', 'discover_global_network'] };
    const session = await blocking(restrictions);
    assert.deepEqual(session.payment_method_options?.card?.restrictions, restrictions);
    for (const number of [MASTERCARD, DINERS]) await refused(session.id, number);
    assert.equal((await pay(session.id)).status, 200);
    const kinds = await blocking({ funding_types_blocked: ['debit'] });
    await refused(kinds.id, DEBIT);
    assert.equal((await pay(kinds.id)).status, 200);
    const none = await blocking({ brands_blocked: [] });
    assert.equal(none.payment_method_options?.card?.restrictions, undefined);
  });

  test('are refused by the sessions of a link, until it is changed', async () => {
    const restrictions = { brands_blocked: ['mastercard'] } as const;
    const link = await stripe.paymentLinks.create({
      line_items: twoTeas.line_items as never,
      payment_method_options: { card: { restrictions: { brands_blocked: ['mastercard'] } } },
    });
    assert.deepEqual(link.payment_method_options, { card: { restrictions } });
    const first = await visit(link.url);
    await refused(first, MASTERCARD);
    const same = await stripe.paymentLinks.update(link.id, { metadata: { a: 'b' } });
    assert.deepEqual(same.payment_method_options, { card: { restrictions } });
    const free = await stripe.paymentLinks.update(link.id, { payment_method_options: '' });
    assert.equal(free.payment_method_options, null);
    await refused(first, MASTERCARD);
    assert.equal((await pay(await visit(link.url), { number: MASTERCARD })).status, 200);
  });
});

test('a mandate that nobody could read is refused by a payment as by a setup', async () => {
  const mandate_data = { customer_acceptance: { type: 'by telephone' } };
  const asked = { confirm: true, payment_method: 'pm_card_visa', mandate_data };
  for (const { param } of await refusalsOf([
    paymentIntents.create({ ...order, ...asked } as never),
    setupIntents.create(asked as never),
  ])) {
    assert.equal(param, 'mandate_data[customer_acceptance][type]');
  }
});

test('a token is the whole card: what else is said of it is refused', async () => {
  for (const more of [{ cvc: '123' }, { exp_month: 5 }, { networks: { preferred: 'visa' } }]) {
    const card = { token: 'tok_visa', ...more };
    const refused = await refusalOf(paymentMethods.create({ type: 'card', card } as never));
    assert.equal(refused.param, 'card[token]');
  }
});

test('what a page saw of its browser is shown at the method and at the charge', async () => {
  const session = 'rse_1MqLhQ2eZvKYlo2C';
  const expand = ['latest_charge'];
  const seenAt = ({ latest_charge: charge }: Stripe.PaymentIntent): unknown =>
    (charge as Stripe.Charge).radar_options;
  const { id } = await paymentIntents.create(order);
  const said = { payment_method: 'pm_card_visa', radar_options: { session }, expand } as const;
  assert.deepEqual(seenAt(await paymentIntents.confirm(id, said)), { session });

  const made = await paymentMethods.create({
    type: 'card',
    card: { token: 'tok_visa' },
    radar_options: { session },
  });
  assert.deepEqual((await paymentMethods.retrieve(made.id)).radar_options, { session });
  const paid = await paymentIntents.create({
    ...order,
    confirm: true,
    payment_method: made.id,
    expand,
  });
  assert.deepEqual(seenAt(paid), { session });
  const charge = await stripe.charges.create({
    ...order,
    source: 'tok_visa',
    radar_options: { session },
  });
  assert.deepEqual((await stripe.charges.retrieve(charge.id)).radar_options, { session });

  const wallets = { wallet_options: { link: { display: 'never' } } } as const;
  const page = await stripe.checkout.sessions.create({ ...twoTeas, ...wallets });
  const { wallet_options: shownThere } = await stripe.checkout.sessions.retrieve(page.id);
  assert.deepEqual(shownThere, wallets.wallet_options);
});

test('a code that has to be typed again is asked for before the bank is', async () => {
  const { id: customer } = await customers.create();
  const kept = await paymentMethods.attach('pm_card_visa', { customer });
  const asked = {
    ...order,
    customer,
    payment_method: kept.id,
    payment_method_options: { card: { require_cvc_recollection: true } },
  };
  const before = bank.calls.length;
  const waiting = await paymentIntents.create(asked);
  assert.equal(waiting.payment_method_options?.card?.require_cvc_recollection, true);
  for (const { param } of await refusalsOf([
    paymentIntents.create({ ...asked, confirm: true }),
    paymentIntents.confirm(waiting.id),
  ])) {
    assert.equal(param, 'payment_method_options[card][cvc_token]');
  }
  assert.equal(bank.calls.length, before);

  const { id: cvc_token } = await tokens.create({ cvc_update: { cvc: '123' } });
  const paid = await paymentIntents.confirm(waiting.id, {
    payment_method_options: { card: { cvc_token } },
  });
  assert.equal(paid.status, 'succeeded');
  const { payment_method_options: fresh, payment_method: _kept, ...more } = asked;
  const typed = await paymentIntents.create({
    ...more,
    payment_method_options: fresh,
    payment_method: 'pm_card_visa',
    confirm: true,
  });
  assert.equal(typed.status, 'succeeded');
});

test('what the server has settled of a card is not taken back by a page', async () => {
  const { paymentIntents: ofPage, setupIntents: setupsOfPage } = stripeFor(
    gateway.port,
    merchant.publishableKey,
  );
  const intent = await paymentIntents.create({
    ...order,
    payment_method: 'pm_card_visa',
    payment_method_options: {
      card: { require_cvc_recollection: true, mandate_options: agreed, capture_method: 'manual' },
    },
  });
  const setup = await setupIntents.create({ payment_method: 'pm_card_visa' });
  const before = bank.calls.length;
  for (const card of [
    { require_cvc_recollection: false },
    { mandate_options: { ...agreed, amount: 1 } },
    { capture_method: '' as const },
    '' as const,
  ]) {
    const payment_method_options = {
      card,
    } as Stripe.PaymentIntentConfirmParams.PaymentMethodOptions;
    const client_secret = present(intent.client_secret, 'Its secret');
    const refused = await refusalOf(
      ofPage.confirm(intent.id, { client_secret, payment_method_options } as object),
    );
    assert.equal(refused.code, 'parameter_unknown');
  }
  const client_secret = present(setup.client_secret, 'Its secret');
  const terms = { ...agreed, currency: 'eur' };
  const refused = await refusalOf(
    setupsOfPage.confirm(setup.id, {
      client_secret,
      payment_method_options: { card: { mandate_options: terms } },
    } as object),
  );
  assert.equal(refused.code, 'parameter_unknown');
  assert.equal(bank.calls.length, before);
  const kept = await paymentIntents.retrieve(intent.id);
  assert.deepEqual(kept.payment_method_options, intent.payment_method_options);
});

test('what was asked of a card is shown again, also where nobody can do it', async () => {
  const card = {
    request_extended_authorization: 'if_available',
    request_overcapture: 'if_available',
    statement_descriptor_suffix_kana: 'ｵﾁｬ',
    statement_descriptor_suffix_kanji: 'お茶',
  } as const;
  const made = await paymentIntents.create({ ...order, payment_method_options: { card } });
  const seen = made.payment_method_options?.card;
  assert.deepEqual({ ...seen, ...card }, seen);
  const unset = await paymentIntents.update(made.id, {
    payment_method_options: { card: { statement_descriptor_suffix_kana: '' } },
  });
  assert.equal(
    'statement_descriptor_suffix_kana' in (unset.payment_method_options?.card ?? {}),
    false,
  );
});

test('what is said of ways that nobody here takes holds for none, alike everywhere', async () => {
  const others = {
    us_bank_account: { verification_method: 'instant' },
    link: { persistent_token: 'x' },
  } as const;
  const payment = await paymentIntents.create({ ...order, payment_method_options: others });
  const setup = await setupIntents.create({ payment_method_options: others });
  const session = await stripe.checkout.sessions.create({
    ...twoTeas,
    payment_method_options: others as never,
  });
  for (const { payment_method_options: options } of [payment, setup, session]) {
    assert.deepEqual(Object.keys(options ?? {}), ['card']);
  }
  const unknown = { payment_method_options: { shells: { a: 'b' } } };
  const types = { payment_method_types: ['us_bank_account'] };
  for (const [param, ask] of [
    ['types', () => paymentIntents.create({ ...order, ...types })],
    ['types', () => setupIntents.create(types as never)],
    ['types', () => stripe.checkout.sessions.create({ ...twoTeas, ...types } as never)],
    ['options[shells]', () => paymentIntents.create({ ...order, ...unknown } as never)],
  ] as const) {
    assert.equal((await refusalOf(ask())).param, `payment_method_${param}`);
  }
});

test('a charge says what its bank was told to print, and nothing where it was told nothing', async () => {
  const printed = async (more: Partial<Stripe.PaymentIntentCreateParams>) => {
    const { latest_charge: charge } = await paymentIntents.create({
      ...order,
      payment_method: 'pm_card_visa',
      confirm: true,
      expand: ['latest_charge'],
      ...more,
    });
    return (charge as Stripe.Charge).calculated_statement_descriptor;
  };
  assert.equal(await printed({ statement_descriptor: 'TEA HOUSE' }), 'TEA HOUSE');
  assert.equal(await printed({ statement_descriptor_suffix: 'ORDER 7' }), 'ORDER 7');
  assert.equal(await printed({}), null);
});

test('what a bank is to print has five characters, and two are enough behind the name of the merchant', async () => {
  const short = { ...order, statement_descriptor: 'TEA' };
  const { id } = await paymentIntents.create(order);
  for (const refused of [
    await refusalOf(paymentIntents.create(short)),
    await refusalOf(paymentIntents.update(id, { statement_descriptor: 'TEA' })),
    await refusalOf(paymentIntents.capture(id, { statement_descriptor: 'TEA' })),
    await refusalOf(charges.create({ ...short, source: 'tok_visa' })),
  ]) {
    assert.deepEqual([refused.statusCode, refused.param], [400, 'statement_descriptor']);
    assert.match(refused.message, /at least 5 characters/);
  }
  const taken = await paymentIntents.update(id, { statement_descriptor_suffix: 'T7' });
  assert.equal(taken.statement_descriptor_suffix, 'T7');
});

test('a proof of 3-D Secure from elsewhere is refused with what to do, and not thrown away', async () => {
  const proof = {
    cryptogram: 'AAIBBYNoEwAAACcKhAJkdQAAAAA=',
    transaction_id: 'x',
    version: '2.2.0',
  };
  const proven = { payment_method_options: { card: { three_d_secure: proof } } } as const;
  const { id } = await paymentIntents.create(order);
  for (const refused of await refusalsOf([
    setupIntents.create(proven),
    paymentIntents.create({ ...order, ...proven }),
    paymentIntents.update(id, proven),
    paymentIntents.confirm(id, { payment_method: 'pm_card_visa', ...proven }),
  ])) {
    assert.equal(refused.param, 'payment_method_options[card][three_d_secure]');
    assert.match(refused.message, /^Results of 3-D Secure from elsewhere are not part of this/);
  }
});
