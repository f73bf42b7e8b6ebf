// One order, paid once: by a payment or by a session, whichever was registered first.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOwner } from '../../src/for-tests.ts';
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
      `select account_id, order_reference from payments.intents where order_reference is not null
       intersect
       select account_id, order_reference from commerce.checkout_sessions where status <> 3`,
    );
    assert.deepEqual(twice, []);
    await happened();
  });
});
