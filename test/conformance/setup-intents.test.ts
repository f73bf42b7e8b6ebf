import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { parseId } from '#kit/ids';
import { provideAuthentication } from '#payments/intents';
import { goOnSetup } from '#payments/setup';
import { lostAfter, notSent, says } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { proof } from '../support/proof.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, stripe, page, bank, merchant, happened, resolveUntil } = await openShop();
const { setupIntents, paymentMethods, customers } = stripe;

/** Who asks card holders is another module; here it is the test, where a test says so. */
let asks = false;
provideAuthentication(gateway.context, async (_context, _scope, { isSetup }) =>
  asks && isSetup === true
    ? { ok: false, why: 'challenge', url: 'https://issuer.test/challenge' }
    : { ok: true, authentication: null },
);
const idOf = (spelled: string): string => parseId('seti', spelled) ?? '';
const jenny = await customers.create({ name: 'Jenny' });

beforeEach(async () => {
  asks = false;
  bank.next.length = 0;
  bank.calls.length = 0;
  await happened();
});

describe('a card that is kept for later', () => {
  test('is told of as what its request did, and so is a card that is not', async () => {
    for (const [method, type] of [
      ['pm_card_visa', 'setup_intent.succeeded'],
      ['pm_card_visa_chargeDeclined', 'setup_intent.setup_failed'],
    ] as const) {
      const idempotencyKey = `kept-${type}`;
      await setupIntents
        .create({ payment_method: method, confirm: true }, { idempotencyKey })
        .catch(() => {});
      const { data } = await stripe.events.list({ type, limit: 1 });
      assert.equal(data[0]?.request?.idempotency_key, idempotencyKey);
      assert.match(String(data[0]?.request?.id), /^req_/);
    }
  });

  test('is kept for no customer who was deleted before it is confirmed', async () => {
    const { id: customer } = await customers.create();
    const setup = await setupIntents.create({ customer, payment_method: 'pm_card_visa' });
    await customers.del(customer);
    const refusal = await refusalOf(setupIntents.confirm(setup.id));
    assert.deepEqual([refusal.statusCode, refusal.param], [400, 'customer']);
  });

  test('is asked about for no amount, and becomes its customer’s', async () => {
    const setup = await setupIntents.create({
      customer: jenny.id,
      payment_method: 'pm_card_visa',
      confirm: true,
      metadata: { a: 'b' },
    });
    assert.match(setup.id, /^seti_\w{22}$/);
    assert.deepEqual(
      [setup.status, setup.usage, setup.customer, setup.metadata],
      ['succeeded', 'off_session', jenny.id, { a: 'b' }],
    );
    assert.ok(setup.client_secret?.startsWith(`${setup.id}_secret_`));
    assert.deepEqual(
      bank.calls.map(({ what, amount }) => [what, amount]),
      [['verify', 0n]],
    );
    assert.equal(bank.book.size, 0);
    assert.deepEqual(await happened(), [
      'setup_intent.created',
      'payment_method.attached',
      'setup_intent.succeeded',
    ]);
    const [event] = (await stripe.events.list({ type: 'setup_intent.created', limit: 1 })).data;
    const told = event?.data.object as Stripe.SetupIntent | undefined;
    assert.deepEqual([told?.id, told?.status], [setup.id, 'requires_confirmation']);
    const method = await paymentMethods.retrieve(String(setup.payment_method));
    assert.equal(method.customer, jenny.id);
    const { lastResponse: _, ...read } = await setupIntents.retrieve(setup.id);
    const { lastResponse: __, ...made } = setup;
    assert.deepEqual(read, made);

    const { data } = await stripe.setupAttempts.list({ setup_intent: setup.id });
    assert.deepEqual(
      data.map(({ id, status, payment_method: of }) => [id, status, of]),
      [[setup.latest_attempt, 'succeeded', setup.payment_method]],
    );
    const expanded = await setupIntents.retrieve(setup.id, {
      expand: ['latest_attempt', 'payment_method', 'customer'],
    });
    assert.equal(
      typeof expanded.latest_attempt === 'object' && expanded.latest_attempt?.object,
      'setup_attempt',
    );
  });

  test('pays later without its holder, in the name of its first use', async () => {
    const setup = await setupIntents.create({
      customer: jenny.id,
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    const seen: unknown[] = [];
    bank.next.push(async (call, truth) => {
      if ('initiator' in call.request) {
        const { initiator, credential, firstNetworkTransactionId: first } = call.request;
        seen.push([initiator, credential, first]);
      }
      return truth();
    });
    const paid = await stripe.paymentIntents.create({
      amount: 900,
      currency: 'eur',
      customer: jenny.id,
      payment_method: String(setup.payment_method),
      off_session: true,
      confirm: true,
    });
    assert.equal(paid.status, 'succeeded');
    assert.deepEqual(seen, [['merchant', 'subsequent', '987654321098765']]);
  });

  test('is told apart by each step: made, given a method, confirmed', async () => {
    const made = await setupIntents.create({ usage: 'on_session' });
    assert.deepEqual([made.status, made.usage], ['requires_payment_method', 'on_session']);
    const missing = await refusalOf(setupIntents.confirm(made.id));
    assert.equal(missing.code, 'setup_intent_unexpected_state');
    assert.equal(missing.setup_intent?.id, made.id);
    const given = await setupIntents.update(made.id, {
      payment_method: 'pm_card_mastercard',
      customer: jenny.id,
      description: 'For later',
    });
    assert.deepEqual([given.status, given.description], ['requires_confirmation', 'For later']);
    assert.equal((await setupIntents.confirm(made.id)).status, 'succeeded');
    assert.deepEqual(await happened(), [
      'setup_intent.created',
      'payment_method.attached',
      'setup_intent.succeeded',
    ]);
    const again = await refusalOf(setupIntents.confirm(made.id));
    assert.match(again.message, /has already succeeded/);
    const late = await refusalOf(setupIntents.update(made.id, { customer: jenny.id }));
    assert.match(late.message, /customer could not be updated/);
    assert.equal(
      (await setupIntents.update(made.id, { metadata: { c: 'd' } })).metadata?.['c'],
      'd',
    );
    const { data } = await setupIntents.list({ customer: jenny.id, limit: 1 });
    assert.equal(data[0]?.id, made.id);
  });

  test('may be told its types, and that any will do', async () => {
    const made = await setupIntents.create({ allowed_payment_method_types: ['card'] });
    const typesNow = async () =>
      (await setupIntents.retrieve(made.id)).allowed_payment_method_types;
    assert.deepEqual(await typesNow(), ['card']);
    await setupIntents.update(made.id, { allowed_payment_method_types: '' });
    assert.equal(await typesNow(), null);

    const without = await setupIntents.create({ excluded_payment_method_types: ['klarna'] });
    assert.deepEqual(without.excluded_payment_method_types, ['klarna']);
    assert.deepEqual(without.automatic_payment_methods, {
      allow_redirects: 'always',
      enabled: true,
    });
    const nothing = await refusalOf(
      setupIntents.create({ excluded_payment_method_types: ['card'] }),
    );
    assert.equal(nothing.param, 'excluded_payment_method_types');
  });

  test('that its bank refuses is an error with the intent, and may be tried again', async () => {
    const refused = await refusalOf(
      setupIntents.create({ confirm: true, payment_method: 'pm_card_visa_chargeDeclined' }),
    );
    assert.deepEqual(
      [refused.statusCode, refused.code, refused.decline_code],
      [402, 'card_declined', 'generic_decline'],
    );
    const id = refused.setup_intent?.id ?? '';
    const failed = await setupIntents.retrieve(id);
    assert.deepEqual(
      [failed.status, failed.payment_method, failed.last_setup_error?.code],
      ['requires_payment_method', null, 'card_declined'],
    );
    assert.deepEqual(await happened(), ['setup_intent.created', 'setup_intent.setup_failed']);
    const good = await setupIntents.confirm(id, { payment_method: 'pm_card_visa' });
    assert.deepEqual([good.status, good.last_setup_error], ['succeeded', null]);
    const { data } = await stripe.setupAttempts.list({ setup_intent: id });
    assert.deepEqual(
      data.map(({ status }) => status),
      ['succeeded', 'failed'],
    );
  });

  test('that is not there says so of `intent`, and never says a secret again', async () => {
    const missing = await refusalOf(setupIntents.retrieve('seti_missing'));
    assert.deepEqual(
      [missing.message, missing.param, missing.statusCode],
      ["No such setupintent: 'seti_missing'", 'intent', 404],
    );
    const made = await setupIntents.create({});
    const secret = String(made.client_secret);
    const refused = await refusalOf(setupIntents.confirm(secret));
    assert.equal(JSON.stringify(refused.raw).includes(secret.slice(-12)), false);
    assert.match(
      refused.message,
      /^You passed a string that looks like a client secret as the Set/,
    );
    assert.deepEqual([refused.param, refused.statusCode], ['intent', 404]);
  });

  test('whose answer was lost is processing until somebody knows', async () => {
    bank.next.push(lostAfter);
    const setup = await setupIntents.create({
      confirm: true,
      customer: jenny.id,
      payment_method: 'pm_card_visa',
    });
    assert.equal(setup.status, 'processing');
    const refused = await refusalOf(setupIntents.cancel(setup.id));
    assert.match(refused.message, /has a status of processing/);
    await resolveUntil(async () => (await setupIntents.retrieve(setup.id)).status === 'succeeded');
  });

  test('that nobody could be asked about has failed, and says so', async () => {
    bank.next.push(notSent);
    const refused = await refusalOf(
      setupIntents.create({ confirm: true, payment_method: 'pm_card_visa' }),
    );
    assert.equal(refused.code, 'processing_error');
  });

  test('is given up with a reason', async () => {
    const made = await setupIntents.create({ payment_method: 'pm_card_visa' });
    await happened();
    const ended = await setupIntents.cancel(made.id, { cancellation_reason: 'duplicate' });
    assert.deepEqual([ended.status, ended.cancellation_reason], ['canceled', 'duplicate']);
    assert.deepEqual(await happened(), ['setup_intent.canceled']);
    const refused = await refusalOf(setupIntents.confirm(made.id));
    assert.match(refused.message, /has a status of canceled/);
  });

  test('comes with what its holder agreed to', async () => {
    const setup = await setupIntents.create({
      confirm: true,
      customer: jenny.id,
      payment_method: 'pm_card_visa',
      mandate_data: {
        customer_acceptance: {
          type: 'online',
          online: { ip_address: '192.0.2.1', user_agent: 'A browser' },
        },
      },
    });
    const mandate = await stripe.mandates.retrieve(String(setup.mandate));
    assert.deepEqual(
      [mandate.status, mandate.type, mandate.payment_method],
      ['active', 'multi_use', setup.payment_method],
    );
    assert.equal(mandate.customer_acceptance.online?.ip_address, '192.0.2.1');
    for (const [param, early] of [
      ['mandate_data', { mandate_data: { customer_acceptance: { type: 'offline' } } }],
      ['return_url', { return_url: 'https://shop.test/back' }],
    ] as const) {
      const said = await refusalOf(setupIntents.create(early));
      assert.equal(said.param, param);
      assert.match(said.message, /creating a SetupIntent unless `confirm` is set to true/);
    }
    const missing = await refusalOf(stripe.mandates.retrieve('mandate_none'));
    assert.equal(missing.message, "No such mandate: 'mandate_none'");
  });

  test('makes no mandate of what was agreed to with another one', async () => {
    const agreed = {
      customer: jenny.id,
      payment_method: 'pm_card_visa',
      mandate_data: { customer_acceptance: { type: 'offline' } },
    } as const;
    bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    const refused = await refusalOf(setupIntents.create({ ...agreed, confirm: true }));
    const { id } = refused.setup_intent as Stripe.SetupIntent;
    await setupIntents.update(id, { payment_method: 'pm_card_mastercard' });
    assert.equal((await setupIntents.confirm(id)).mandate, null);

    asks = true;
    const waiting = await setupIntents.create({
      ...agreed,
      confirm: true,
      return_url: 'https://shop.test/back',
    });
    asks = false;
    const other = await setupIntents.confirm(waiting.id, { payment_method: 'pm_card_mastercard' });
    assert.deepEqual([other.status, other.mandate], ['succeeded', null]);
  });
});

describe('a holder who has to be asked', () => {
  const asking = {
    confirm: true,
    customer: jenny.id,
    payment_method: 'pm_card_visa',
    return_url: 'https://shop.test/back',
  } as const;

  test('is sent there, and the card is kept when they are back', async () => {
    asks = true;
    const setup = await setupIntents.create(asking);
    assert.equal(setup.status, 'requires_action');
    assert.deepEqual(setup.next_action, {
      redirect_to_url: {
        return_url: 'https://shop.test/back',
        url: 'https://issuer.test/challenge',
      },
      type: 'redirect_to_url',
    });
    assert.equal(bank.calls.length, 0);
    const proven = { ok: true, authentication: proof } as const;
    await Promise.all([
      goOnSetup(gateway.context, merchant.scope, idOf(setup.id), proven),
      goOnSetup(gateway.context, merchant.scope, idOf(setup.id), proven),
    ]);
    assert.equal((await setupIntents.retrieve(setup.id)).status, 'succeeded');
    assert.equal(bank.calls.length, 1);
    assert.deepEqual(await happened(), [
      'setup_intent.created',
      'setup_intent.requires_action',
      'payment_method.attached',
      'setup_intent.succeeded',
    ]);
  });

  test('and fails, leaves a setup that may be tried again', async () => {
    asks = true;
    const setup = await setupIntents.create(asking);
    await goOnSetup(gateway.context, merchant.scope, idOf(setup.id), { ok: false });
    const failed = await setupIntents.retrieve(setup.id);
    assert.deepEqual(
      [failed.status, failed.last_setup_error?.code],
      ['requires_payment_method', 'setup_intent_authentication_failure'],
    );
  });
});

describe('a page with a publishable key', () => {
  test('confirms by the client secret, and sees a part', async () => {
    const setup = await setupIntents.create({ customer: jenny.id });
    const secret = setup.client_secret ?? '';
    const wrong = await refusalOf(
      page.setupIntents.retrieve(setup.id, { client_secret: `${setup.id}_secret_x` }),
    );
    assert.match(wrong.message, /does not match any associated SetupIntent/);
    assert.equal((await refusalOf(page.setupIntents.retrieve(setup.id))).code, 'parameter_missing');
    const confirmed = await page.setupIntents.confirm(setup.id, {
      client_secret: secret,
      payment_method: 'pm_card_visa',
    } as object);
    assert.equal(confirmed.status, 'succeeded');
    assert.equal('metadata' in confirmed || 'customer' in confirmed, false);
  });
});
