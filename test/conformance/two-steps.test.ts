// A payment that is to be captured at once, at a provider that only knows how to hold money and then take it.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { parseId } from '#kit/ids';
import { asOwner } from '../../src/for-tests.ts';
import { modules } from '../../src/modules.ts';
import {
  lostAfter,
  lostBefore,
  notSent,
  says,
  type TestBank,
  testBank,
} from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const support = { recovery: [{ class: 'B' as const }], timeoutMs: 5_000 };
const one = testBank('one_step');
const two = testBank('two_steps', {
  operations: { authorize: support, capture: support, void: support, refund: support },
});
const { gateway, stripe, happened, resolveUntil } = await openShop([two]);
const { paymentIntents, charges } = stripe;

const pay = (more: object = {}) =>
  paymentIntents.create({
    amount: 5000,
    currency: 'eur',
    confirm: true,
    payment_method: 'pm_card_visa',
    ...more,
  });
const statusOf = async (id: string): Promise<string> => (await paymentIntents.retrieve(id)).status;
const callsOf = ({ calls }: TestBank): string[] => calls.map(({ what }) => what);
const bookingOf = () => [...two.book.values()].at(-1);

beforeEach(async () => {
  await happened();
  two.calls.length = 0;
});

describe('a payment in two steps', () => {
  test('is one for the merchant', async () => {
    const intent = await pay();
    assert.deepEqual([intent.status, intent.amount_received], ['succeeded', 5000]);
    assert.deepEqual(callsOf(two), ['authorize', 'capture']);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
    const charge = await charges.retrieve(String(intent.latest_charge));
    assert.deepEqual([charge.captured, charge.amount_captured], [true, 5000]);
    assert.equal((await stripe.refunds.create({ payment_intent: intent.id })).status, 'succeeded');
  });

  test('answers its key as it did first', async () => {
    const asked = () =>
      paymentIntents.create(
        { amount: 700, currency: 'eur', confirm: true, payment_method: 'pm_card_visa' },
        { idempotencyKey: 'in two steps' },
      );
    const [first, again] = [await asked(), await asked()];
    assert.deepEqual([again.id, again.status], [first.id, 'succeeded']);
    assert.deepEqual(callsOf(two), ['authorize', 'capture']);
  });

  test('is declined in the first, and nothing is taken', async () => {
    const refused = await refusalOf(pay({ payment_method: 'pm_card_visa_chargeDeclined' }));
    assert.equal(refused.code, 'card_declined');
    assert.deepEqual(callsOf(two), ['authorize']);
  });

  test('goes on with the second as soon as the first is known', async () => {
    two.next.push(lostAfter);
    const intent = await pay();
    assert.equal(intent.status, 'processing');
    await happened();
    await resolveUntil(async () => (await statusOf(intent.id)) === 'succeeded');
    assert.deepEqual(await happened(), ['charge.succeeded', 'payment_intent.succeeded']);
    assert.equal(bookingOf()?.captured, 5000n);
  });

  test('is processing until the second is known', async () => {
    two.next.push((_call, truth) => truth(), lostAfter);
    const intent = await pay();
    assert.equal(intent.status, 'processing');
    await resolveUntil(async () => (await statusOf(intent.id)) === 'succeeded');
    assert.deepEqual(callsOf(two).filter((what) => what === 'capture').length, 1);
    assert.equal(bookingOf()?.captured, 5000n);
  });

  test('is told of as far as it got, which verify looks at, while the second is not known', async () => {
    two.next.push((_call, truth) => truth(), lostAfter);
    const { id } = await pay();
    const uuid = parseId('pi', id);
    const told = modules
      .flatMap(({ checks = [] }) => checks)
      .find(({ name }) => name.startsWith('what became of a payment was told'));
    const found = async () =>
      (await asOwner(gateway.on, told?.text ?? '')).filter((row) => row['id'] === uuid).length;
    const tell = (from: number, as: number) =>
      asOwner(
        gateway.on,
        `update platform.events set kinds = array_replace(kinds, ${from}::smallint, ${as}::smallint)
          where object_id = $1 and $2::smallint = any (kinds)`,
        [uuid, from],
      );
    assert.equal(await found(), 0);
    await asOwner(gateway.on, 'alter table platform.events disable trigger user');
    await tell(201, 207);
    assert.equal(await found(), 1);
    await tell(207, 201);
    assert.equal(await found(), 0);
    await asOwner(gateway.on, 'alter table platform.events enable trigger user');
    await resolveUntil(async () => (await statusOf(id)) === 'succeeded');
    assert.equal(await found(), 0);
  });

  test('takes what it holds a little later when the second could not be sent', async () => {
    two.next.push((_call, truth) => truth(), notSent);
    const intent = await pay();
    assert.equal(intent.status, 'processing');
    await resolveUntil(async () => {
      await asOwner(
        gateway.on,
        `update payments.intents set due_at = now() where due_at is not null`,
      );
      return (await statusOf(intent.id)) === 'succeeded';
    });
    assert.equal(bookingOf()?.captured, 5000n);
  });

  // Every try counts, and the books have room for 256 entries of one kind: a provider that was down for some hours.
  test('is booked however often the second could not be sent', async () => {
    two.next.push((_call, truth) => truth(), notSent);
    const { id } = await pay();
    await asOwner(
      gateway.on,
      `update payments.charges set details = (details::jsonb || '{"captures": 400}')::json
        where intent_id = $1`,
      [parseId('pi', id)],
    );
    await resolveUntil(async () => {
      await asOwner(
        gateway.on,
        `update payments.intents set due_at = now() where due_at is not null`,
      );
      return (await statusOf(id)) === 'succeeded';
    });
    const { latest_charge: charge } = await paymentIntents.retrieve(id);
    const { balance_transaction: booked } = await charges.retrieve(String(charge));
    const { amount } = await stripe.balanceTransactions.retrieve(String(booked));
    assert.equal(amount, 5000);
  });

  test('is over when the second is declined, and the hold goes back first', async () => {
    two.next.push((_call, truth) => truth(), says({ outcome: 'declined', code: 'not_permitted' }));
    const refused = await refusalOf(pay());
    assert.deepEqual([refused.statusCode, refused.code], [402, 'card_declined']);
    const id = refused.payment_intent?.id ?? '';
    await resolveUntil(async () => (await statusOf(id)) === 'canceled');
    assert.equal(bookingOf()?.isVoided, true);
    const intent = await paymentIntents.retrieve(id);
    assert.deepEqual(
      [intent.cancellation_reason, intent.last_payment_error?.code, intent.amount_received],
      ['automatic', 'card_declined', 0],
    );
  });

  test('is over when the bank had never heard of the second', async () => {
    two.next.push((_call, truth) => truth(), lostBefore);
    const { id, status } = await pay();
    assert.equal(status, 'processing');
    await resolveUntil(async () => (await statusOf(id)) === 'canceled');
    assert.equal(bookingOf()?.isVoided, true);
  });

  test('that was cancelled before anybody knew of the first is let go', async () => {
    two.next.push(lostAfter);
    const { id } = await pay();
    await paymentIntents.cancel(id);
    await resolveUntil(async () => (await statusOf(id)) === 'canceled');
    assert.equal(bookingOf()?.isVoided, true);
    assert.ok(!callsOf(two).includes('capture'));
  });

  test('is taken over from a provider that does it in one', async () => {
    const shop = await openShop([one, two]);
    one.next.push(notSent);
    const paid = await shop.stripe.paymentIntents.create({
      amount: 900,
      currency: 'eur',
      confirm: true,
      payment_method: 'pm_card_visa',
    });
    assert.equal(paid.status, 'succeeded');
    assert.deepEqual([callsOf(one), callsOf(two)], [['sale'], ['authorize', 'capture']]);
  });

  test('leaves the books and the journal in order', async () => {
    for (const { name, text } of modules.flatMap(({ checks = [] }) => checks)) {
      assert.deepEqual(await asOwner(gateway.on, text), [], name);
    }
  });
});
