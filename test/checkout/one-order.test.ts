// One order, paid once: by a payment or by a session, whichever was registered first.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sessionExpired } from '../../src/commerce/checkout/events.ts';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import type { EventRenderer } from '../../src/platform/events/event-kind.ts';
import { payPage, twoTeas } from '../support/checkout.ts';
import { runs } from '../support/full.ts';
import { openShop } from '../support/payments.ts';

const { gateway, merchant, stripe, bank, happened } = await openShop();
const { key } = merchant;
const { sessions } = stripe.checkout;
const pay = payPage(gateway.ask);

const payment = (order: string, more = '') =>
  gateway.ask('POST', '/v1/payment_intents', {
    key,
    form: `amount=2500&currency=eur&order_reference=${order}${more}`,
  });
const confirmed = '&confirm=true&payment_method=pm_card_visa&off_session=true';
const teas = twoTeas.line_items?.[0];
const session = (order: string) =>
  gateway.ask('POST', '/v1/checkout/sessions', {
    key,
    form: new URLSearchParams({
      mode: 'payment',
      success_url: 'https://shop.example/',
      order_reference: order,
      'line_items[0][quantity]': String(teas?.quantity ?? 1),
      'line_items[0][price_data][currency]': 'eur',
      'line_items[0][price_data][unit_amount]': String(teas?.price_data?.unit_amount ?? 2500),
      'line_items[0][price_data][product_data][name]': 'Tea',
    }).toString(),
  });
const cancel = (id: string) => gateway.ask('POST', `/v1/payment_intents/${id}/cancel`, { key });
const sales = (): number => bank.calls.filter(({ what }) => what === 'sale').length;

describe('an order', () => {
  test('that has a payment gets no session, and is told which payment it is', async () => {
    const made = await payment('first-a-payment');
    const refused = await session('first-a-payment');
    assert.equal(refused.status, 409, refused.text);
    assert.equal(refused.body.error.code, 'order_reference_in_use');
    assert.equal(refused.body.error.param, 'order_reference');
    assert.equal(refused.body.error.payment_intent.id, made.body.id);
  });

  test('that has a session gets no payment, before it is paid there and after', async () => {
    const { id } = (await session('first-a-session')).body;
    for (const state of ['open', 'complete']) {
      for (const more of ['', confirmed]) {
        const before = sales();
        const refused = await payment('first-a-session', more);
        assert.equal(refused.status, 409, `${state}: ${refused.text}`);
        assert.match(refused.body.error.message, /registered by a Checkout Session/);
        assert.equal(sales(), before);
      }
      assert.equal((await session('first-a-session')).body.id, id);
      if (state === 'open') assert.equal((await pay(id)).status, 200);
    }
    assert.equal((await sessions.retrieve(id)).payment_status, 'paid');
  });

  test('whose session has expired is free for a payment or a session', async () => {
    for (const [order, again] of [
      ['free-for-a-payment', payment],
      ['free-for-a-session', session],
    ] as const) {
      const { id } = (await session(order)).body;
      await sessions.expire(id);
      const answer = await again(order);
      assert.equal(answer.status, 200, answer.text);
      assert.notEqual(answer.body.id, id);
    }
  });

  test('is shown with its sessions and in what is told of them, and they are found by it', async () => {
    const order = 'shown-with-its-sessions';
    const first = (await session(order)).body;
    await sessions.expire(first.id);
    const second = (await session(order)).body;
    await session('shown-with-another');
    assert.equal(second.order_reference, order);
    const found = async (more: object = {}) => {
      const asked = { order_reference: order, ...more } as never;
      return (await sessions.list(asked)).data.map(({ id }) => id);
    };
    assert.deepEqual(await found(), [second.id, first.id]);
    assert.deepEqual(await found({ starting_after: second.id }), [first.id]);
    assert.deepEqual(await found({ status: 'open' }), [second.id]);
    assert.deepEqual(await found({ order_reference: 'shown-with-none' }), []);
    const { data } = await stripe.events.list({ type: 'checkout.session.expired', limit: 1 });
    assert.partialDeepStrictEqual(data[0]?.data.object, { id: first.id, order_reference: order });
  });

  test('is not shown by an event of before sessions showed it, which stays what it was', async () => {
    const { id } = (await session('told-of-before')).body;
    await sessions.expire(id);
    const rows = await asOwner(
      gateway.on,
      `select snapshot from platform.events where 402 = any (kinds) order by id desc limit 1`,
    );
    const snapshot = rows[0]?.['snapshot'] as Parameters<EventRenderer>[0];
    const shows = Object.entries(sessionExpired.renderers).map(([version, render]) => {
      const { object } = render(snapshot, false);
      assert.partialDeepStrictEqual(object, { id });
      return [version, Object.hasOwn(object, 'order_reference')];
    });
    assert.deepEqual(shows, [
      ['1', false],
      ['2', false],
      ['3', true],
    ]);
  });

  test('whose payment was canceled is free for a payment or a session', async () => {
    for (const [order, again] of [
      ['canceled-then-a-payment', payment],
      ['canceled-then-a-session', session],
    ] as const) {
      const { id } = (await payment(order)).body;
      await cancel(id);
      const answer = await again(order);
      assert.equal(answer.status, 200, answer.text);
      assert.notEqual(answer.body.id, id);
      assert.equal((await again(order)).body.id, answer.body.id, 'And it is that one now.');
      assert.equal((await stripe.paymentIntents.retrieve(id)).status, 'canceled');
    }
  });

  test('is kept by a payment as long as anything may come of it', async () => {
    const { id } = (await payment('held', `${confirmed}&capture_method=manual`)).body;
    assert.equal((await payment('held')).body.status, 'requires_capture');
    assert.equal((await session('held')).status, 409);
    await cancel(id);
    assert.notEqual((await payment('held')).body.id, id);

    bank.next.push(lostAfter);
    const lost = (await payment('not-known', confirmed)).body;
    assert.equal(lost.status, 'processing');
    // The wish is kept, and nobody knows yet whether the bank said yes.
    assert.equal((await cancel(lost.id)).body.status, 'processing');
    assert.equal((await payment('not-known')).body.id, lost.id);
    assert.equal((await session('not-known')).status, 409);
  });

  test('that is canceled and then registered by twenty at one moment has one of them', async () => {
    for (let round = 0; round < runs(3, 50); round += 1) {
      const order = `canceled-at-once-${round}`;
      const { id } = (await payment(order)).body;
      await cancel(id);
      const before = sales();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          n % 2 === 0 ? payment(order, confirmed) : session(order),
        ),
      );
      const taken = answers.filter(({ status }) => status === 200);
      assert.equal(new Set(taken.map(({ body }) => body.id)).size, 1, order);
      assert.equal(sales() - before, taken[0]?.body.object === 'payment_intent' ? 1 : 0);
    }
  });

  test('is paid once at most, where its payment is canceled while it is confirmed and registered anew', async () => {
    for (let round = 0; round < runs(5, 100); round += 1) {
      const order = `raced-${round}`;
      const { id } = (await payment(order)).body;
      await Promise.all([
        cancel(id),
        gateway.ask('POST', `/v1/payment_intents/${id}/confirm`, {
          key,
          form: 'payment_method=pm_card_visa&off_session=true',
        }),
        ...Array.from({ length: 8 }, () => payment(order, confirmed)),
      ]);
      await payment(order, confirmed);
      const kept = await asOwner(
        gateway.on,
        `select i.id from payments.intents i
           join payments.charges c on c.account_id = i.account_id and c.intent_id = i.id
          where i.order_reference = '${order}' and c.captured > c.refunded + c.refunding`,
      );
      assert.ok(kept.length <= 1, `${order}: ${JSON.stringify(kept)}`);
    }
    await happened();
  });

  test('is another one for another account', async () => {
    await session('of-two');
    const other = await gateway.merchant();
    const made = await gateway.ask('POST', '/v1/payment_intents', {
      key: other.key,
      form: 'amount=2500&currency=eur&order_reference=of-two',
    });
    assert.equal(made.status, 200, made.text);
  });

  test('that twenty register at one moment, in both ways, has one of them', async () => {
    for (let round = 0; round < runs(5, 100); round += 1) {
      const [order, before] = [`at-once-${round}`, sales()];
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          n % 2 === 0 ? payment(order, confirmed) : session(order),
        ),
      );
      const taken = answers.filter(({ status }) => status === 200);
      assert.equal(new Set(taken.map(({ body }) => body.id)).size, 1, order);
      for (const { status, body, text } of answers.filter((each) => each.status !== 200)) {
        const isClear = body.error.code === 'order_reference_in_use' && status === 409;
        assert.ok(isClear || body.error.code === 'lock_timeout', text);
      }
      assert.equal(sales() - before, taken[0]?.body.object === 'payment_intent' ? 1 : 0);
    }
    const twice = await asOwner(
      gateway.on,
      `select account_id, order_reference from payments.intents where order_reference is not null and status <> 7
       intersect
       select account_id, order_reference from commerce.checkout_sessions where status <> 3`,
    );
    assert.deepEqual(twice, []);
    await happened();
  });
});
