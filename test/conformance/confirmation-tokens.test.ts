import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { parseId, spellId, uuidAt } from '#kit/ids';
import { asOwner } from '../../src/for-tests.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf, refusalsOf } from '../support/stripe.ts';

const { gateway, stripe, merchant } = await openShop();
const { confirmationTokens, paymentIntents, setupIntents, testHelpers } = stripe;

const collected = {
  payment_method: 'pm_card_visa',
  return_url: 'https://shop.test/back',
  shipping: { name: 'Jenny', address: { line1: 'A street', country: 'DE' } },
} as const;
const order = { amount: 700, currency: 'eur' } as const;

describe('a confirmation token', () => {
  test('with a plan of installments is refused: the whole would be taken at once', async () => {
    const plan = { count: 3, interval: 'month', type: 'fixed_count' } as const;
    const asked = { ...collected, payment_method_options: { card: { installments: { plan } } } };
    const refused = await refusalOf(testHelpers.confirmationTokens.create(asked));
    assert.equal(refused.param, 'payment_method_options[card][installments][plan]');
  });

  test('carries a security code that was typed again, unless the call brings one', async () => {
    const { id: customer } = await stripe.customers.create();
    const card = { number: '4000000000000101', exp_month: 12, exp_year: 2040 };
    const { id } = await stripe.paymentMethods.create({ type: 'card', card } as never);
    await stripe.paymentMethods.attach(id, { customer });
    const typed = async (cvc: string) => (await stripe.tokens.create({ cvc_update: { cvc } })).id;
    const code = await typed('123');
    const tokenWith = (cvc_token: string) =>
      testHelpers.confirmationTokens.create({
        payment_method: id,
        payment_method_options: { card: { cvc_token } },
      } as never);
    const token = await tokenWith(code);
    assert.equal(token.payment_method_options?.card?.cvc_token, code);

    const asked = { ...order, customer, confirm: true } as const;
    const options = { card: { require_cvc_recollection: true } };
    await paymentIntents.create({
      ...asked,
      confirmation_token: token.id,
      payment_method_options: options,
    });
    assert.equal((await stripe.tokens.retrieve(code)).used, true);

    const spent = await refusalOf(tokenWith(code));
    assert.equal(spent.code, 'token_already_used');
    const none = await refusalOf(tokenWith('tok_none'));
    assert.equal(none.param, 'payment_method_options[card][cvc_token]');

    const [first, second] = [await typed('123'), await typed('456')];
    const both = await tokenWith(first);
    await paymentIntents.create({
      ...asked,
      confirmation_token: both.id,
      payment_method_options: { card: { cvc_token: second } },
    });
    assert.equal((await stripe.tokens.retrieve(second)).used, true);
    assert.equal((await stripe.tokens.retrieve(first)).used, false);
  });

  test('carries what its payer agreed to into the mandate of a setup', async () => {
    const online = { ip_address: '203.0.113.7', user_agent: 'A browser' };
    const mandate_data = { customer_acceptance: { type: 'online', online } };
    const token = await testHelpers.confirmationTokens.create({
      ...collected,
      mandate_data,
    } as never);
    assert.deepEqual(token.mandate_data?.customer_acceptance, { online, type: 'online' });
    const setup = await setupIntents.create({
      confirm: true,
      confirmation_token: token.id,
      expand: ['mandate'],
    });
    const { customer_acceptance: accepted } = setup.mandate as Stripe.Mandate;
    assert.deepEqual([accepted.type, accepted.online], ['online', online]);
  });

  test('takes from its connection where a payer agreed, where a page leaves it to that', async () => {
    const { status, body } = await gateway.ask('POST', '/v1/confirmation_tokens', {
      key: merchant.publishableKey,
      form: 'payment_method_data[type]=card&payment_method_data[card][token]=tok_visa&mandate_data[customer_acceptance][type]=online&mandate_data[customer_acceptance][online][infer_from_client]=true',
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.match(body.mandate_data.customer_acceptance.online.ip_address, /127\.0\.0\.1/);
  });

  test('is made by a page, shows its method, and pays once', async () => {
    const form =
      'payment_method_data[type]=card&payment_method_data[card][token]=tok_visa&return_url=https://shop.test/back';
    const { status, body } = await gateway.ask('POST', '/v1/confirmation_tokens', {
      key: merchant.publishableKey,
      form,
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.match(body.id, /^ctoken_\w{22}$/);
    const token = await confirmationTokens.retrieve(body.id);
    assert.deepEqual(
      [token.payment_method_preview?.card?.last4, token.return_url, token.payment_intent],
      ['4242', 'https://shop.test/back', null],
    );
    assert.equal('id' in (token.payment_method_preview ?? {}), false);
    assert.equal(token.expires_at, token.created + 12 * 3600);

    const intent = await paymentIntents.create({
      ...order,
      confirm: true,
      confirmation_token: token.id,
    });
    assert.equal(intent.status, 'succeeded');
    const used = await confirmationTokens.retrieve(token.id);
    assert.deepEqual([used.payment_intent, used.expires_at], [intent.id, null]);
    const again = await refusalOf(
      paymentIntents.create({ ...order, confirm: true, confirmation_token: token.id }),
    );
    assert.deepEqual([again.statusCode, again.param], [400, 'confirmation_token']);
  });

  test('brings its shipping and where the payer goes back to', async () => {
    const token = await testHelpers.confirmationTokens.create(collected);
    const made = await paymentIntents.create(order);
    const paid = await paymentIntents.confirm(made.id, { confirmation_token: token.id });
    assert.deepEqual(
      [paid.status, paid.shipping?.name, paid.shipping?.address?.line1],
      ['succeeded', 'Jenny', 'A street'],
    );
  });

  test('sets a card up', async () => {
    const token = await testHelpers.confirmationTokens.create(collected);
    const setup = await setupIntents.create({ confirm: true, confirmation_token: token.id });
    assert.equal(setup.status, 'succeeded');
    assert.equal((await confirmationTokens.retrieve(token.id)).setup_intent, setup.id);
  });

  test('pays one of two intents that are confirmed with it at once', async () => {
    const token = await testHelpers.confirmationTokens.create(collected);
    const two = await Promise.all([paymentIntents.create(order), paymentIntents.create(order)]);
    const ends = await Promise.allSettled(
      two.map(({ id }) => paymentIntents.confirm(id, { confirmation_token: token.id })),
    );
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  test('does nothing without a method, after its time, or where there is none', async () => {
    const missing = await refusalOf(testHelpers.confirmationTokens.create({}));
    assert.equal(missing.code, 'parameter_missing');
    const none = await refusalOf(confirmationTokens.retrieve('ctoken_none'));
    assert.equal(none.statusCode, 404);
    const unknown = await refusalOf(
      paymentIntents.create({ ...order, confirm: true, confirmation_token: 'ctoken_none' }),
    );
    assert.deepEqual([unknown.statusCode, unknown.param], [400, 'confirmation_token']);
    const { id } = await testHelpers.confirmationTokens.create(collected);
    for (const { param, message } of await refusalsOf([
      paymentIntents.create({ ...order, confirmation_token: id }),
      setupIntents.create({ confirmation_token: id }),
    ])) {
      assert.equal(param, 'confirmation_token');
      assert.match(message, /cannot be passed .* unless `confirm` is set to true/);
    }
    const old = `${uuidAt(Date.now() - 13 * 3_600_000).slice(0, 13)}${(parseId('ctoken', id) ?? '').slice(13)}`;
    await asOwner(
      gateway.on,
      `update payments.confirmation_tokens set id = '${old}' where id = '${parseId('ctoken', id)}'`,
    );
    const late = await refusalOf(
      paymentIntents.create({
        ...order,
        confirm: true,
        confirmation_token: spellId('ctoken', old),
      }),
    );
    assert.match(late.message, /has expired/);
  });
});
