// A session that takes no money and keeps a card: once, whoever clicks how often, and only when its bank has
// said yes.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { parseId } from '#kit/ids';
import { provideAuthentication } from '#payments/intents';
import { goOnSetup } from '#payments/setup';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter, notSent, says } from '../../src/payments/intents/for-tests-bank.ts';
import { formOf } from '../support/checkout.ts';
import { openShop } from '../support/payments.ts';
import { proof } from '../support/proof.ts';
import { refusalOf } from '../support/stripe.ts';
import { waitUntil } from '../support/writers.ts';

const { gateway, stripe, bank, merchant, happened, resolveUntil } = await openShop();
const { sessions } = stripe.checkout;
const { ask } = gateway;

const DECLINED = '4000000000000002';
const saving: Stripe.Checkout.SessionCreateParams = {
  mode: 'setup',
  currency: 'eur',
  success_url: 'https://shop.test/saved?session={CHECKOUT_SESSION_ID}',
};
const save = (id: string, number?: string, more = '') =>
  ask('POST', `/v1/payment_pages/${id}/confirm`, {
    form: formOf({ amount: 0, more, ...(number === undefined ? {} : { number }) }),
  });
const verifications = () => bank.calls.filter(({ what }) => what === 'verify').length;
const stateOf = async (id: string): Promise<string> =>
  (await ask('GET', `/v1/payment_pages/${id}`)).body.page.state;
const setupOf = async (id: string): Promise<Stripe.SetupIntent> => {
  const { setup_intent: setup } = await sessions.retrieve(id, { expand: ['setup_intent'] });
  assert.ok(setup !== null && typeof setup === 'object');
  return setup;
};

beforeEach(async () => {
  bank.next.length = 0;
  bank.calls.length = 0;
  bank.delayMs = 0;
  await happened();
});

describe('a session that keeps a card', () => {
  test('shows no amount, keeps the card for its customer, and says so in order', async () => {
    const jenny = await stripe.customers.create({ email: 'jenny@example.com' });
    await happened();
    const session = await sessions.create({
      ...saving,
      customer: jenny.id,
      setup_intent_data: { description: 'Monthly tea', metadata: { plan: 'monthly' } },
    });
    assert.deepEqual(
      [session.mode, session.amount_total, session.currency, session.payment_status],
      ['setup', null, 'eur', 'no_payment_required'],
    );
    assert.deepEqual(
      [session.setup_intent, session.payment_intent, session.payment_method_collection],
      [null, null, 'always'],
    );
    const { status, body } = await save(session.id);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.status, body.page.state], ['complete', 'complete']);
    assert.deepEqual(await happened(), [
      'setup_intent.created',
      'payment_method.attached',
      'setup_intent.succeeded',
      'checkout.session.completed',
    ]);
    const setup = await setupOf(session.id);
    assert.deepEqual(
      [setup.status, setup.customer, setup.description, setup.metadata?.['plan']],
      ['succeeded', jenny.id, 'Monthly tea', 'monthly'],
    );
    const { data } = await stripe.customers.listPaymentMethods(jenny.id);
    assert.deepEqual(
      data.map(({ id }) => id),
      [setup.payment_method],
    );
    assert.deepEqual(
      bank.calls.map(({ what, amount }) => [what, amount]),
      [['verify', 0n]],
    );
  });

  test('makes a customer where its merchant asks for one, and a card of nobody otherwise', async () => {
    const always = await sessions.create({ ...saving, customer_creation: 'always' });
    await save(always.id);
    const { customer } = await sessions.retrieve(always.id);
    assert.match(String(customer), /^cus_/);
    assert.equal((await setupOf(always.id)).customer, customer);

    const guest = await sessions.create(saving);
    await save(guest.id);
    assert.equal((await sessions.retrieve(guest.id)).customer, null);
    assert.equal((await setupOf(guest.id)).status, 'succeeded');
  });

  test('asks the bank once, however many click', async () => {
    bank.delayMs = 20;
    const { id } = await sessions.create(saving);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => save(id, undefined, 'attempt=1')),
    );
    for (const { status, body } of answers) assert.equal(status, 200, JSON.stringify(body));
    assert.equal(verifications(), 1);
    const completed = (await happened()).filter((type) => type === 'checkout.session.completed');
    assert.equal(completed.length, 1);
  });

  test('stays open after a decline, and five of them lock it', async () => {
    const { id } = await sessions.create(saving);
    for (let tries = 1; tries <= 4; tries += 1) {
      const { status, body } = await save(id, DECLINED);
      assert.deepEqual([status, body.error.code], [402, 'card_declined']);
      assert.equal(body.error.setup_intent, undefined);
      assert.equal(await stateOf(id), 'open');
    }
    await save(id, DECLINED);
    assert.equal(await stateOf(id), 'locked');
    assert.equal((await save(id)).body.error.code, 'checkout_session_locked');
    assert.equal(verifications(), 5);
  });

  test('is not complete while nobody knows, and is as soon as somebody does', async () => {
    bank.next.push(lostAfter);
    const { id } = await sessions.create(saving);
    const { body } = await save(id);
    assert.deepEqual([body.status, body.page.state], ['open', 'unknown']);
    assert.equal((await save(id, undefined, 'attempt=2')).body.page.state, 'unknown');
    assert.equal((await refusalOf(sessions.expire(id))).code, 'lock_timeout');
    await resolveUntil(async () => (await sessions.retrieve(id)).status === 'complete');
    assert.equal(verifications(), 1);
  });

  test('may be tried again after a bank that was not reached', async () => {
    bank.next.push(notSent);
    const { id } = await sessions.create(saving);
    assert.equal((await save(id)).status, 402);
    assert.equal((await save(id)).body.status, 'complete');
  });

  test('ends with its setup', async () => {
    const { id } = await sessions.create(saving);
    await save(id, DECLINED);
    await happened();
    assert.equal((await sessions.expire(id)).status, 'expired');
    assert.equal((await setupOf(id)).status, 'canceled');
    assert.deepEqual(await happened(), ['setup_intent.canceled', 'checkout.session.expired']);
    assert.equal((await save(id)).body.error.code, 'checkout_not_active_session');
  });

  test('begins anew after its end as what it was', async () => {
    const { id } = await sessions.create({
      ...saving,
      after_expiration: { recovery: { enabled: true } },
    });
    await sessions.expire(id);
    const { headers } = await ask('GET', `/c/${id}/again`);
    const fresh = await sessions.retrieve(String(headers['location']).replace('/c/', ''));
    assert.deepEqual(
      [fresh.mode, fresh.payment_status, fresh.setup_intent, fresh.recovered_from],
      ['setup', 'no_payment_required', null, id],
    );
  });

  test('looks after its setup alone', async () => {
    const { id } = await sessions.create(saving);
    await save(id, DECLINED);
    const { setup_intent: setup } = await sessions.retrieve(id);
    const refusals = [
      await refusalOf(stripe.setupIntents.cancel(String(setup))),
      await refusalOf(stripe.setupIntents.update(String(setup), { description: 'mine' })),
      await refusalOf(
        stripe.setupIntents.confirm(String(setup), { payment_method: 'pm_card_visa' }),
      ),
    ];
    for (const { message } of refusals) assert.match(message, /made by a checkout\.session/);
  });

  test('takes nothing that speaks of a payment, and a payment nothing that speaks of a setup', async () => {
    for (const [more, param] of [
      [{ line_items: [{ price: 'price_1', quantity: 1 }] }, 'line_items'],
      [{ payment_intent_data: { description: 'Tea' } }, 'payment_intent_data'],
      [{ submit_type: 'donate' }, 'submit_type'],
      [
        { shipping_address_collection: { allowed_countries: ['DE'] } },
        'shipping_address_collection',
      ],
    ] as const) {
      const asked = { ...saving, ...more } as unknown as Stripe.Checkout.SessionCreateParams;
      const refused = await refusalOf(sessions.create(asked));
      assert.equal(refused.param, param);
      assert.equal(refused.message, `You can not pass \`${param}\` in \`setup\` mode.`);
    }
    const other = await refusalOf(
      sessions.create({ ...saving, mode: 'payment', setup_intent_data: { description: 'Tea' } }),
    );
    assert.equal(other.param, 'setup_intent_data');
    const later = await refusalOf(sessions.create({ ...saving, mode: 'subscription' }));
    assert.deepEqual([later.code, later.param], ['not_supported_yet', 'mode']);
  });
});

describe('the page of a session that keeps a card', () => {
  test('speaks of saving and of what for, never of an amount', async () => {
    const { id } = await sessions.create(saving);
    const { text } = await ask('GET', `/c/${id}?lang=de`);
    assert.match(text, /Karte speichern/);
    assert.match(text, /Sie erlauben/);
    assert.doesNotMatch(text, /€/);
    await save(id);
    const done = (await ask('GET', `/c/${id}?lang=de`)).text;
    assert.match(done, /Ihre Karte ist gespeichert/);
    assert.match(done, /•••• 4242/);
  });

  test('does not name the agreement where the merchant names it', async () => {
    const { id } = await sessions.create({
      ...saving,
      consent_collection: { payment_method_reuse_agreement: { position: 'hidden' } },
    });
    assert.doesNotMatch((await ask('GET', `/c/${id}`)).text, /id="reuse"/);
  });
});

describe('a card whose holder has to be asked', () => {
  let asks = false;
  let dies = false;
  provideAuthentication(gateway.context, async (_context, _scope, asked) => {
    if (dies && asked.demandedBy === 'bank') {
      dies = false;
      throw new Error('no more');
    }
    return asked.isSetup === true && (asks || asked.demandedBy === 'bank')
      ? { ok: false, why: 'challenge', url: 'https://issuer.test/challenge' }
      : { ok: true, authentication: null };
  });
  beforeEach(() => {
    asks = true;
  });
  const idOf = async (session: string): Promise<string> =>
    parseId('seti', (await setupOf(session)).id) ?? '';

  const wantsHolder = () => {
    asks = false;
    bank.next.push(says({ outcome: 'declined', code: 'authentication_required' }));
  };

  test('is asked at once where the bank of the card wants that, and the try is not over', async () => {
    const { id } = await sessions.create(saving);
    wantsHolder();
    const { status, body } = await save(id);
    assert.deepEqual([status, body.page.state], [200, 'action']);
    assert.equal(body.next_action.redirect_to_url.url, 'https://issuer.test/challenge');
    assert.deepEqual(await happened(), ['setup_intent.created', 'setup_intent.requires_action']);
    const setup_intent = (await setupOf(id)).id;
    const { data } = await stripe.setupAttempts.list({ setup_intent });
    assert.deepEqual(
      data.map((each) => [each.status, each.setup_error?.code ?? null]),
      [
        ['requires_action', null],
        ['failed', 'authentication_required'],
      ],
    );
    const proven = { ok: true, authentication: proof } as const;
    await goOnSetup(gateway.context, merchant.scope, await idOf(id), proven);
    assert.equal((await sessions.retrieve(id)).status, 'complete');
    assert.equal(verifications(), 2);
  });

  test('has failed where its question died before it was asked', async () => {
    const { id } = await sessions.create(saving);
    wantsHolder();
    dies = true;
    assert.equal((await save(id)).status, 500);
    assert.equal(gateway.errors.splice(0).length, 1);
    assert.equal(await stateOf(id), 'processing', 'until it is certain that nobody asks any more');
    await asOwner(
      gateway.on,
      `update platform.jobs set run_at = now() - interval '1 second' where name = 'setup.left_behind'`,
    );
    await waitUntil('the end', 60_000, async () => (await stateOf(id)) === 'open');
    assert.equal((await setupOf(id)).last_setup_error?.code, 'authentication_required');
    assert.equal((await save(id)).body.page.state, 'action', 'the next try begins with it');
  });

  test('is kept when they are back, and the session complete', async () => {
    const { id } = await sessions.create(saving);
    const { body } = await save(id);
    assert.equal(body.page.state, 'action');
    assert.equal(body.next_action.redirect_to_url.url, 'https://issuer.test/challenge');
    assert.equal(verifications(), 0);
    const proven = { ok: true, authentication: proof } as const;
    await goOnSetup(gateway.context, merchant.scope, await idOf(id), proven);
    assert.equal((await sessions.retrieve(id)).status, 'complete');
    assert.deepEqual(await happened(), [
      'setup_intent.created',
      'setup_intent.requires_action',
      'setup_intent.succeeded',
      'checkout.session.completed',
    ]);
  });

  test('who gives up, may take another card', async () => {
    const { id } = await sessions.create(saving);
    await save(id);
    const gone = await ask('POST', `/c/${id}/confirm`, { form: 'do=abandon&attempt=2' });
    assert.deepEqual([gone.body.status, gone.body.declined.class], ['open', 'auth_failed']);
    asks = false;
    assert.equal((await save(id)).body.status, 'complete');
  });
});
