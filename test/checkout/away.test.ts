// Checkout pages and payment links that send the payer to a page of their bank.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { openAbroad } from '../support/away.ts';
import { twoTeas } from '../support/checkout.ts';
import { refusalOf } from '../support/stripe.ts';

const { stripe, answerAt, comeBack, until, simulator, ahead, gateway } = await openAbroad();

describe('a page of a checkout', () => {
  const { ask } = gateway;
  const { sessions } = stripe.checkout;
  const teas = (types?: string[]) =>
    ({ ...twoTeas, ...(types === undefined ? {} : { payment_method_types: types }) }) as never;
  const confirmWith = (id: string, method: string) =>
    ask('POST', `/v1/payment_pages/${id}/confirm`, {
      form: `${method}&expected_amount=2500&email=jenny@example.com`,
    });
  const confirm = (id: string, type: string) =>
    confirmWith(id, `payment_method_data[type]=${type}`);

  test('offers what its merchant wants of what their accounts take', async () => {
    const all = await sessions.create(twoTeas);
    assert.deepEqual(all.payment_method_types, ['card', 'ideal', 'bancontact', 'eps', 'p24']);
    const { id, payment_method_types: types } = await sessions.create(teas(['ideal']));
    assert.deepEqual(types, ['ideal']);
    const page = await ask('GET', `/c/${id}`, {});
    assert.doesNotMatch(page.text, /card\[number\]/);
    const byCard = await confirmWith(id, 'payment_method=pm_card_visa');
    assert.equal(byCard.status, 400, byCard.text);
    assert.match(byCard.text, /cannot be paid with card/);
    const refused = await refusalOf(sessions.create(teas(['sofort'])));
    assert.equal(refused.param, 'payment_method_types');
  });

  test('shows what it offered at the payment, whatever was chosen', async () => {
    const { id } = await sessions.create(twoTeas);
    const byCard = await confirmWith(id, 'payment_method=pm_card_visa');
    assert.equal(byCard.status, 200, byCard.text);
    const { payment_intent } = await sessions.retrieve(id, { expand: ['payment_intent'] });
    const { payment_method_types: types } = payment_intent as Stripe.PaymentIntent;
    assert.deepEqual(types, ['card', 'ideal', 'bancontact', 'eps', 'p24']);
  });

  test('sends its payer away, has them pay once, and is complete', async () => {
    const { id } = await sessions.create(teas(['card', 'ideal']));
    const away = await confirm(id, 'ideal');
    assert.equal(away.body.page.state, 'action', away.text);
    const again = await confirm(id, 'ideal');
    assert.equal(
      again.body.next_action.redirect_to_url.url,
      away.body.next_action.redirect_to_url.url,
    );
    const back = await comeBack(
      await answerAt(away.body.next_action.redirect_to_url.url, 'approve'),
    );
    assert.equal(new URL(back).pathname, `/c/${id}/back`);
    const paid = await sessions.retrieve(id);
    assert.deepEqual([paid.status, paid.payment_status], ['complete', 'paid']);
  });

  test('is not complete while nobody knows, and sends its payer away once that is known', async () => {
    const { id } = await sessions.create(teas(['ideal']));
    simulator.play('error_after', 'sale');
    const unknown = await confirm(id, 'ideal');
    assert.equal(unknown.body.page.state, 'unknown', unknown.text);
    assert.equal((await sessions.retrieve(id)).status, 'open');
    const look = () => ask('GET', `/v1/payment_pages/${id}`, {});
    await until(async () => (await look()).body.page.state === 'action');
    const { url } = (await look()).body.next_action.redirect_to_url;
    await comeBack(await answerAt(url, 'later'));
    const waits = await sessions.retrieve(id);
    assert.deepEqual([waits.status, waits.payment_status], ['complete', 'unpaid']);
    ahead.ms += 30_000;
    await until(async () => (await sessions.retrieve(id)).payment_status === 'paid');
  });

  test('that ends while its payer is away is ended at the bank too', async () => {
    const { id } = await sessions.create(teas(['ideal']));
    const away = await confirm(id, 'ideal');
    assert.equal((await sessions.expire(id)).status, 'expired');
    assert.equal((await fetch(away.body.next_action.redirect_to_url.url)).status, 404);
  });

  test('of a payment link offers what the link does', async () => {
    const items = { line_items: twoTeas.line_items };
    const link = await stripe.paymentLinks.create({
      ...items,
      payment_method_types: ['ideal'],
    } as never);
    assert.deepEqual(link.payment_method_types, ['ideal']);
    const visit = await ask('GET', new URL(link.url).pathname, {});
    const page = await ask(
      'GET',
      new URL(visit.headers['location'] ?? '', 'http://x').pathname,
      {},
    );
    assert.match(page.text, /name="method" value="ideal"/);
    const wrong = stripe.paymentLinks.create({
      ...items,
      payment_method_types: ['sofort'],
    } as never);
    assert.equal((await refusalOf(wrong)).param, 'payment_method_types');
  });
});
