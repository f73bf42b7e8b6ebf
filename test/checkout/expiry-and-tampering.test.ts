// What a browser says is never believed about money, and what is over is over.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spellId } from '#kit/ids';
import { expireDueSessions } from '../../src/commerce/checkout/expire-due.ts';
import { asOwner } from '../../src/for-tests.ts';
import { manualClock } from '../../src/kit/context/for-tests.ts';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import { payPage, twoTeas } from '../support/checkout.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, stripe, bank, happened, resolveUntil } = await openShop();
const { sessions } = stripe.checkout;
const { ask } = gateway;
const pay = payPage(ask);
const DAY_MS = 24 * 60 * 60 * 1000;

describe('a browser that lies', () => {
  test('about the amount is refused, and nothing is charged', async () => {
    const { id } = await sessions.create(twoTeas);
    bank.calls.length = 0;
    for (const amount of [1, 0, 2499, 2501, 999_999_999_999]) {
      const { status, body } = await pay(id, { amount });
      assert.deepEqual([status, body.error.code], [400, 'checkout_amount_mismatch']);
    }
    assert.equal(bank.calls.length, 0);
  });

  test('about quantities, currency, lines or prices is refused', async () => {
    const { id } = await sessions.create(twoTeas);
    const { line_items: lines } = await sessions.retrieve(id, { expand: ['line_items'] });
    const line = lines?.data[0]?.id ?? '';
    bank.calls.length = 0;
    for (const more of [
      `quantity[${line}]=1`,
      `quantity[${line}]=-1`,
      `quantity[${line}]=1000000000`,
      `quantity[${spellId('li', '018f0000-0000-7000-8000-000000000000')}]=1`,
      'currency=jpy',
      'line_items[0][price_data][unit_amount]=1',
      'amount_total=1',
    ]) {
      const { status } = await pay(id, { amount: 1250, more });
      assert.equal(status, 400, more);
    }
    assert.equal(bank.calls.length, 0);
  });

  test('may choose quantities within their bounds, and pays for those', async () => {
    const [item] = twoTeas.line_items ?? [];
    const { id } = await sessions.create({
      ...twoTeas,
      line_items: [{ ...item, adjustable_quantity: { enabled: true, minimum: 1, maximum: 5 } }],
    });
    const { data } = await sessions.listLineItems(id);
    const line = data[0]?.id ?? '';
    const six = await pay(id, { amount: 7500, more: `quantity[${line}]=6` });
    assert.equal(six.status, 400);
    const three = await pay(id, { amount: 3750, more: `quantity[${line}]=3` });
    assert.equal(three.body.status, 'complete');
    const paid = await sessions.retrieve(id, { expand: ['payment_intent'] });
    assert.equal(paid.amount_total, 3750);
    assert.equal((paid.payment_intent as { amount_received: number }).amount_received, 3750);
  });

  test('cannot guess a session, nor pay the intent behind it', async () => {
    const { id } = await sessions.create(twoTeas);
    const guess = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
    assert.equal((await ask('GET', `/v1/payment_pages/${guess}`)).status, 404);
    assert.equal((await ask('GET', `/c/${guess}`)).status, 404);
    await pay(id, { number: '4000000000000002' });
    const intent = String((await sessions.retrieve(id)).payment_intent);
    for (const refused of [
      () => stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa' }),
      () => stripe.paymentIntents.update(intent, { amount: 1 }),
      () => stripe.paymentIntents.cancel(intent),
    ]) {
      assert.equal((await refusalOf(refused())).code, 'payment_intent_unexpected_state');
    }
  });

  test('is told what is wrong with a body that cannot be read', async () => {
    const { id } = await stripe.checkout.sessions.create(twoTeas);
    const { status, body } = await ask('POST', `/v1/payment_pages/${id}/confirm`, {
      form: 'expected_amount=1',
      headers: { 'Content-Type': 'application/json' },
    });
    assert.equal(status, 400);
    assert.match(body.error.message, /JSON/);
  });
});

describe('an amount that cannot be', () => {
  test('is refused when the session is made', async () => {
    const of = (unit_amount: number, quantity: number) =>
      sessions.create({
        ...twoTeas,
        line_items: [
          {
            quantity,
            price_data: { currency: 'eur', unit_amount, product_data: { name: 'Tea' } },
          },
        ],
      });
    for (const [amount, quantity] of [
      [-1, 1],
      [999_999_999_999, 999_999],
      [1, 1_000_000],
      [1, 1],
    ] as const) {
      assert.equal((await refusalOf(of(amount, quantity))).statusCode, 400);
    }
  });
});

describe('a session whose time is over', () => {
  const clock = manualClock(Date.now());
  const later = { ...gateway.context, clock };

  test('expires by the clock, and takes nothing more', async () => {
    const { id } = await sessions.create({
      ...twoTeas,
      after_expiration: { recovery: { enabled: true } },
    });
    await pay(id, { number: '4000000000000002' });
    await happened();
    clock.advance(DAY_MS + 60_000);
    for (let round = 0; round < 20 && (await expireDueSessions(later)) > 0; round += 1);
    const expired = await sessions.retrieve(id, { expand: ['payment_intent'] });
    assert.equal(expired.status, 'expired');
    assert.equal(expired.url, null);
    assert.equal((expired.payment_intent as { status: string }).status, 'canceled');
    assert.ok((await happened()).includes('checkout.session.expired'));
    assert.equal((await pay(id)).body.error.code, 'checkout_not_active_session');

    const again = await ask('GET', `/c/${id}/again`);
    const fresh = String(again.headers.location).replace('/c/', '');
    const recovered = await sessions.retrieve(fresh);
    assert.deepEqual([recovered.status, recovered.recovered_from], ['open', id]);
    assert.equal((await pay(fresh)).body.status, 'complete');
  });

  test('waits while nobody knows of its payment, and is completed by a late yes', async () => {
    bank.next.push(lostAfter);
    const { id } = await sessions.create(twoTeas);
    await pay(id);
    clock.advance(DAY_MS);
    await expireDueSessions(later);
    assert.equal((await sessions.retrieve(id)).status, 'open');
    await resolveUntil(async () => (await sessions.retrieve(id)).status === 'complete');
    assert.equal((await sessions.retrieve(id)).payment_status, 'paid');
  });

  test('takes nothing more even before anybody has looked', async () => {
    const { id } = await sessions.create(twoTeas);
    await asOwner(
      gateway.on,
      `update commerce.checkout_sessions set expires_at = now() - interval '1 second',
              due_at = now() + interval '1 hour' where status = 1`,
    );
    assert.equal((await pay(id)).body.error.code, 'checkout_not_active_session');
  });
});
