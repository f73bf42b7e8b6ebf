// One session, one charge: whatever the payer clicks, however often, in how many tabs, and whoever dies.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { parseId } from '#kit/ids';
import { goOn, provideAuthentication } from '#payments/intents';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter, lostBefore, notSent } from '../../src/payments/intents/for-tests-bank.ts';
import { pageForm, payPage, twoTeas } from '../support/checkout.ts';
import { runs } from '../support/full.ts';
import { openShop } from '../support/payments.ts';
import { proof } from '../support/proof.ts';

const { gateway, stripe, bank, merchant, happened, resolveUntil } = await openShop();
const { sessions } = stripe.checkout;
const { ask } = gateway;
const pay = payPage(ask);

const DECLINED = '4000000000000002';
const STOLEN = '4000000000009979';

const sales = (): number => bank.calls.filter(({ what }) => what === 'sale').length;
const statusOf = async (id: string) => {
  const { body } = await ask('GET', `/v1/payment_pages/${id}`);
  return body.page.state as string;
};
const eventsOf = (types: readonly string[], type: string): number =>
  types.filter((each) => each === type).length;

beforeEach(async () => {
  await happened();
  bank.calls.length = 0;
  bank.delayMs = 0;
});

describe('one session', () => {
  test('is charged once by twenty clicks at the same moment', async () => {
    for (let round = 0; round < runs(3, 60); round += 1) {
      bank.calls.length = 0;
      bank.delayMs = round % 2 === 0 ? 0 : 20;
      const { id } = await sessions.create(twoTeas);
      const { body } = await ask('GET', `/v1/payment_pages/${id}`);
      const more = `attempt=${body.page.attempt}`;
      const answers = await Promise.all(Array.from({ length: 20 }, () => pay(id, { more })));
      for (const { status, body: answer } of answers) {
        const isSettled = status === 200 || answer.error.code === 'checkout_attempt_outdated';
        assert.ok(isSettled, JSON.stringify(answer));
      }
      assert.equal(
        answers.filter(({ body: { page } }) => page?.state === 'complete').length >= 1,
        true,
      );
      assert.equal(sales(), 1);
      const paid = await sessions.retrieve(id);
      assert.deepEqual([paid.status, paid.payment_status], ['complete', 'paid']);
      assert.equal(eventsOf(await happened(), 'checkout.session.completed'), 1);
    }
  });

  test('is charged once by twenty programs that name no try', async () => {
    for (let round = 0; round < runs(3, 60); round += 1) {
      bank.calls.length = 0;
      bank.delayMs = round % 2 === 0 ? 0 : 20;
      const { id } = await sessions.create(twoTeas);
      const answers = await Promise.all(Array.from({ length: 20 }, () => pay(id)));
      const codes = new Set(
        answers.flatMap(({ status, body }) => (status === 200 ? [] : [body.error.code])),
      );
      for (const code of codes) {
        assert.ok(
          ['checkout_attempt_outdated', 'checkout_not_active_session'].includes(code),
          code,
        );
      }
      assert.equal(sales(), 1);
      assert.equal((await sessions.retrieve(id)).status, 'complete');
    }
  });

  test('is charged once by two tabs with two cards', async () => {
    bank.delayMs = 30;
    const { id } = await sessions.create(twoTeas);
    await Promise.all([pay(id), pay(id, { number: '5555555555554444' })]);
    assert.equal(sales(), 1);
    assert.equal((await sessions.retrieve(id)).payment_status, 'paid');
  });

  test('is charged once by the form and the script together', async () => {
    bank.delayMs = 30;
    const { id } = await sessions.create(twoTeas);
    const form = pageForm({ more: 'attempt=1' });
    const answers = await Promise.all([
      ask('POST', `/c/${id}`, { form }),
      ask('POST', `/c/${id}/confirm`, { form }),
      ask('POST', `/c/${id}`, { form }),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 200, 303],
    );
    assert.equal(sales(), 1);
    assert.equal((await sessions.retrieve(id)).payment_status, 'paid');
  });

  test('is not charged again by going back to its page, or sending it once more', async () => {
    const { id } = await sessions.create(twoTeas);
    const first = await pay(id, { more: 'attempt=1' });
    assert.equal(first.body.page.state, 'complete');
    const again = await pay(id, { more: 'attempt=1' });
    assert.equal(again.status, 200);
    assert.equal(again.body.page.state, 'complete');
    const unnamed = await pay(id);
    assert.equal(unnamed.body.error.code, 'checkout_not_active_session');
    assert.equal(unnamed.body.error.message, 'This Checkout Session is no longer active.');
    assert.equal(sales(), 1);
  });

  test('answers a repeat under one idempotency key with the same bytes', async () => {
    const { id } = await sessions.create(twoTeas);
    const path = `/v1/payment_pages/${id}/confirm`;
    const asked = { form: pageForm(), idempotencyKey: `pay ${id}` };
    const form = (await import('../support/checkout.ts')).formOf();
    const first = await ask('POST', path, { ...asked, form });
    const again = await ask('POST', path, { ...asked, form });
    assert.equal(again.text, first.text);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal(sales(), 1);
  });
});

describe('a card that is declined', () => {
  test('leaves the session open for another, and is told of in order', async () => {
    const { id } = await sessions.create(twoTeas);
    const no = await pay(id, { number: DECLINED });
    assert.equal(no.status, 402);
    assert.equal(no.body.error.code, 'card_declined');
    assert.equal(no.body.error.payment_intent, undefined);
    assert.equal(no.body.error.payment_method, undefined);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.failed',
      'payment_intent.payment_failed',
    ]);
    const { body } = await ask('GET', `/v1/payment_pages/${id}`);
    assert.deepEqual(
      [body.status, body.page.state, body.page.attempt, body.page.tries_left],
      ['open', 'open', '2', 4],
    );
    assert.equal(body.page.declined.class, 'call_bank');

    const yes = await pay(id);
    assert.equal(yes.body.status, 'complete');
    assert.deepEqual(await happened(), [
      'charge.succeeded',
      'payment_intent.succeeded',
      'checkout.session.completed',
    ]);
    const { payment_intent: intent } = await sessions.retrieve(id);
    const { data } = await stripe.charges.list({ payment_intent: String(intent) });
    assert.deepEqual(
      data.map(({ status }) => status),
      ['succeeded', 'failed'],
    );
  });

  test('is not tried again by a second click, or by going back', async () => {
    const { id } = await sessions.create(twoTeas);
    await pay(id, { number: DECLINED, more: 'attempt=1' });
    const back = await pay(id, { more: 'attempt=1' });
    assert.equal(back.status, 409);
    assert.equal(back.body.error.code, 'checkout_attempt_outdated');
    assert.equal(sales(), 1);
    assert.equal((await sessions.retrieve(id)).status, 'open');
  });

  test('does not tell a thief why, and tells the merchant', async () => {
    const { id } = await sessions.create(twoTeas);
    const { body } = await pay(id, { number: STOLEN });
    assert.deepEqual(
      [body.error.code, body.error.decline_code, body.error.message],
      ['card_declined', 'generic_decline', 'Your card was declined.'],
    );
    const { body: page } = await ask('GET', `/v1/payment_pages/${id}`);
    assert.equal(page.page.declined.class, 'hard_stop');
    assert.doesNotMatch(JSON.stringify(page), /stolen/);

    const { id: second } = await sessions.create(twoTeas);
    const form = (await import('../support/checkout.ts')).formOf({ number: STOLEN });
    const told = await ask('POST', `/v1/payment_pages/${second}/confirm`, {
      key: merchant.key,
      form,
    });
    assert.equal(told.body.error.decline_code, 'stolen_card');
  });

  test('five times locks the session, for a good card too', async () => {
    const { id } = await sessions.create(twoTeas);
    for (let tries = 1; tries <= 5; tries += 1) {
      assert.equal((await pay(id, { number: DECLINED })).status, 402);
    }
    assert.equal(await statusOf(id), 'locked');
    const good = await pay(id);
    assert.equal(good.status, 400);
    assert.equal(good.body.error.code, 'checkout_session_locked');
    assert.equal(sales(), 5);
    const { status } = await sessions.expire(id);
    assert.equal(status, 'expired');
  });
});

describe('a payment of which nobody knows', () => {
  test('is not tried again, completes its session once it is known, and is told of then', async () => {
    bank.next.push(lostAfter);
    const { id } = await sessions.create(twoTeas);
    const { status, body } = await pay(id);
    assert.equal(status, 200);
    assert.deepEqual(
      [body.status, body.payment_status, body.page.state],
      ['open', 'unpaid', 'unknown'],
    );
    assert.equal(await statusOf(id), 'unknown');

    const other = await pay(id, { number: '5555555555554444', more: 'attempt=2' });
    assert.equal(other.body.page.state, 'unknown');
    assert.equal(sales(), 1);

    await resolveUntil(async () => (await sessions.retrieve(id)).status === 'complete');
    const paid = await sessions.retrieve(id, { expand: ['payment_intent'] });
    assert.equal(paid.payment_status, 'paid');
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.pending',
      'payment_intent.processing',
      'charge.succeeded',
      'payment_intent.succeeded',
      'checkout.session.completed',
    ]);
  });

  test('and never came to be, leaves the session open for another try', async () => {
    bank.next.push(lostBefore);
    const { id } = await sessions.create(twoTeas);
    assert.equal((await pay(id)).body.page.state, 'unknown');
    await resolveUntil(async () => (await statusOf(id)) === 'open');
    assert.equal((await pay(id)).body.status, 'complete');
    assert.equal(sales(), 2);
    assert.equal(bank.book.size >= 1, true);
  });

  test('and whose session its merchant ended, goes back by itself', async () => {
    bank.next.push(lostAfter);
    const { id } = await sessions.create(twoTeas);
    await pay(id);
    const ended = await sessions.expire(id, { expand: ['payment_intent'] });
    assert.equal(ended.status, 'expired');
    const intent = ended.payment_intent;
    assert.ok(intent !== null && typeof intent === 'object');
    await resolveUntil(
      async () => (await stripe.paymentIntents.retrieve(intent.id)).status === 'canceled',
    );
    const events = await happened();
    assert.equal(eventsOf(events, 'checkout.session.expired'), 1);
    assert.equal(eventsOf(events, 'checkout.session.completed'), 0);
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intent.id);
    const reference = bank.calls.find(({ what }) => what === 'sale')?.reference ?? '';
    const booking = bank.book.get(reference);
    assert.ok(booking !== undefined);
    assert.ok(booking.isVoided || booking.refunded === booking.amount, String(charge));
    assert.equal((await sessions.retrieve(id)).payment_status, 'unpaid');
  });
});

describe('a process that dies', () => {
  test('after a try was begun and before it was sent: the page waits, then offers another', async () => {
    const { id } = await sessions.create(twoTeas);
    bank.next.push(notSent);
    await pay(id);
    // As it is left: the session names a try of which its payment has heard nothing.
    await asOwner(
      gateway.on,
      `update commerce.checkout_sessions s
          set details = (s.details::jsonb || jsonb_build_object(
                'triedAtMs', (extract(epoch from now()) * 1000)::bigint,
                'triedVersion', (select version from payments.intents i where i.id = s.intent_id)))::json
        where intent_id is not null and status = 1
          and id = (select max(id::text)::uuid from commerce.checkout_sessions)`,
    );
    assert.equal(await statusOf(id), 'processing');
    const busy = await pay(id);
    assert.equal(busy.body.page.state, 'processing');
    await asOwner(
      gateway.on,
      `update commerce.checkout_sessions
          set details = (details::jsonb || '{"triedAtMs": 1}')::json where status = 1`,
    );
    assert.equal(await statusOf(id), 'open');
    assert.equal((await pay(id)).body.status, 'complete');
    assert.equal(
      [...bank.book.values()].filter(({ captured }) => captured === 2500n).length > 0,
      true,
    );
  });
});

describe('a payer whose bank asks who they are', () => {
  const asks = () =>
    provideAuthentication(gateway.context, async () => ({
      ok: false,
      why: 'challenge',
      url: 'https://issuer.test/challenge',
    }));
  const asksNobody = () =>
    provideAuthentication(gateway.context, async () => ({ ok: true, authentication: null }));
  const intentOf = async (id: string): Promise<string> =>
    parseId('pi', String((await sessions.retrieve(id)).payment_intent)) ?? '';

  test('is sent there, comes back to the page, and the session is complete', async () => {
    asks();
    const { id } = await sessions.create(twoTeas);
    const { status, body } = await pay(id, { more: 'attempt=1' });
    assert.equal(status, 200);
    assert.equal(body.page.state, 'action');
    assert.deepEqual(body.next_action, {
      type: 'redirect_to_url',
      redirect_to_url: {
        url: 'https://issuer.test/challenge',
        return_url: `http://pay.test/c/${id}`,
      },
    });
    const second = await pay(id, { more: 'attempt=1' });
    assert.equal(second.body.page.state, 'action');
    assert.equal(sales(), 0);

    const proven = { ok: true, authentication: proof } as const;
    await goOn(gateway.context, merchant.scope, await intentOf(id), proven);
    const paid = await sessions.retrieve(id);
    assert.deepEqual([paid.status, paid.payment_status], ['complete', 'paid']);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'payment_intent.requires_action',
      'charge.succeeded',
      'payment_intent.succeeded',
      'checkout.session.completed',
    ]);
    asksNobody();
  });

  test('and gives up, may take another card', async () => {
    asks();
    const { id } = await sessions.create(twoTeas);
    await pay(id);
    const gone = await ask('POST', `/c/${id}/confirm`, { form: 'do=abandon&attempt=2' });
    assert.deepEqual([gone.body.status, gone.body.declined.class], ['open', 'auth_failed']);
    asksNobody();
    assert.equal((await pay(id)).body.status, 'complete');
    assert.equal(sales(), 1);
  });

  test('and has given up one question, does not end the next by saying so again', async () => {
    asks();
    const { id } = await sessions.create(twoTeas);
    const giveUp = (attempt: number) =>
      ask('POST', `/c/${id}/confirm`, { form: `do=abandon&attempt=${attempt}` });
    await pay(id);
    assert.equal((await giveUp(2)).body.status, 'open');
    await pay(id);
    assert.equal((await giveUp(2)).body.status, 'action');
    assert.equal((await giveUp(3)).body.status, 'open');
    assert.equal(sales(), 0);
    asksNobody();
  });

  test('and whose session ends meanwhile, is not charged by a late proof', async () => {
    asks();
    const { id } = await sessions.create(twoTeas);
    await pay(id);
    await sessions.expire(id);
    const proven = { ok: true, authentication: proof } as const;
    const after = await goOn(gateway.context, merchant.scope, await intentOf(id), proven);
    assert.equal(after.status, 'canceled');
    assert.equal(sales(), 0);
    asksNobody();
  });
});
