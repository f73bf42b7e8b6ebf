// One key, one payment: under storms, after a loss, and when whoever claimed the key is gone.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import { uuidOf } from '../payments/support.ts';
import { runs } from '../support/full.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, merchant, stripe, bank, resolveUntil } = await openShop();
const { paymentIntents } = stripe;
const order = {
  amount: 1200,
  currency: 'eur',
  confirm: true,
  payment_method: 'pm_card_visa',
} as const;

describe('one idempotency key', () => {
  test('is one payment at the bank, however many ask at once', async () => {
    for (let round = 0; round < runs(3, 100); round += 1) {
      bank.calls.length = 0;
      const idempotencyKey = `storm ${round}`;
      const asked = await Promise.allSettled(
        Array.from({ length: 30 }, () => paymentIntents.create(order, { idempotencyKey })),
      );
      const ids = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value.id] : []));
      assert.ok(ids.length > 0);
      assert.equal(new Set(ids).size, 1);
      for (const each of asked) {
        if (each.status === 'rejected') assert.equal(each.reason.code, 'idempotency_key_in_use');
      }
      assert.equal(bank.calls.length, 1);
    }
  });

  test('of a request that died between its commits goes on with its payment', async () => {
    bank.calls.length = 0;
    bank.next.push(lostAfter);
    const idempotencyKey = 'died';
    const intent = await paymentIntents.create(order, { idempotencyKey });
    // As a process leaves it that was killed while it waited for the bank.
    await asOwner(
      gateway.on,
      `update platform.answers set status = null, answer = null, created_at = now() - interval '2 minutes'
        where subject is not null and status = 200`,
    );
    await resolveUntil(
      async () => (await paymentIntents.retrieve(intent.id)).status === 'succeeded',
    );
    const again = await paymentIntents.create(order, { idempotencyKey });
    assert.deepEqual([again.id, again.status], [intent.id, 'succeeded']);
    const repeated = await paymentIntents.create(order, { idempotencyKey });
    assert.equal(repeated.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal(bank.calls.filter(({ what }) => what === 'sale').length, 1);
  });

  test('of a charge of the older API that died between its commits goes on with that charge', async () => {
    bank.calls.length = 0;
    const idempotencyKey = 'charge died';
    const asked = { amount: 1200, currency: 'eur', source: 'tok_visa' };
    const create = () => stripe.charges.create(asked, { idempotencyKey });
    let again: Stripe.Charge | undefined;
    // Its process is killed while its bank is asked.
    bank.next.push(async (_call, truth) => {
      const said = await truth();
      await asOwner(
        gateway.on,
        `update platform.answers set request_id = 'req_dead', created_at = now() - interval '2 minutes'
          where status is null`,
      );
      again = await create();
      return said;
    });
    const { id } = await create();
    assert.deepEqual([again?.id, again?.status, again?.captured], [id, 'pending', false]);
    assert.equal((await create()).lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal((await stripe.charges.retrieve(id)).status, 'succeeded');
    assert.equal(bank.calls.filter(({ what }) => what === 'sale').length, 1);
  });

  test('of a charge of the older API that is declined between two looks at it tells its failure', async () => {
    const idempotencyKey = 'declined between two looks';
    const ask = () =>
      gateway.ask('POST', '/v1/charges', {
        key: merchant.key,
        idempotencyKey,
        form: 'amount=1200&currency=eur&source=tok_visa',
      });
    // Nobody else's payment is made meanwhile: it is the newest.
    const newest = async () => {
      const rows = await asOwner(
        gateway.on,
        `select id, status, latest_charge_id, details::text from payments.intents order by id desc limit 1`,
      );
      return rows.flatMap((row) => Object.values(row));
    };
    const put = (intent: readonly unknown[]) =>
      asOwner(
        gateway.on,
        `update payments.intents set (status, latest_charge_id, details) = ($2::smallint, $3::uuid, $4::json)
          where id = $1::uuid`,
        intent,
      );
    let before: readonly unknown[] = [];
    bank.next.push(async () => {
      before = await newest();
      return { outcome: 'declined', code: 'generic_decline' };
    });
    assert.equal((await ask()).status, 402);
    const after = await newest();
    assert.equal(after[0], before[0]);
    await asOwner(
      gateway.on,
      `update platform.answers set status = null, answer = null, created_at = now() - interval '2 minutes'
        where subject = $1::uuid`,
      [after[0]],
    );
    // The payment is as it was before, its charge as it is after: so they are read by who reads them just then.
    await put(before);
    const again = await ask();
    await put(after);
    assert.deepEqual([again.status, again.body.error?.code], [402, 'card_declined']);
  });

  test('under which going on failed for a reason of ours is told the truth by the next try', async () => {
    const idempotencyKey = 'failed while going on';
    const { id } = await paymentIntents.create(order, { idempotencyKey });
    const [begun, nothing] = [uuidOf('pi', id), randomUUID()];
    const leave = (...subjects: readonly string[]) =>
      asOwner(
        gateway.on,
        `update platform.answers set status = null, answer = null, created_at = now() - interval '2 minutes',
                subject = $2::uuid where subject = $1::uuid`,
        subjects,
      );
    const ask = () =>
      gateway.ask('POST', '/v1/payment_intents', {
        key: merchant.key,
        idempotencyKey,
        form: 'amount=1200&currency=eur&confirm=true&payment_method=pm_card_visa',
      });
    await leave(begun, nothing);
    const { status, headers } = await ask();
    assert.deepEqual([status, headers['stripe-should-retry']], [500, 'true']);
    assert.equal(gateway.errors.splice(0).length, 1);
    await leave(nothing, begun);
    assert.equal((await ask()).body.id, id);
  });

  test('answers the same while what it began is under way, which refuses everybody else', async () => {
    for (const verb of ['cancel', 'capture'] as const) {
      const { id } = await paymentIntents.create({ ...order, capture_method: 'manual' });
      bank.next.push(lostAfter);
      const idempotencyKey = `${verb} ${id}`;
      const ask = (key: string) => paymentIntents[verb](id, {}, { idempotencyKey: key });
      assert.equal((await ask(idempotencyKey)).status, 'processing');
      const again = await ask(idempotencyKey);
      assert.deepEqual(
        [again.status, again.lastResponse.headers['idempotent-replayed']],
        ['processing', 'true'],
        verb,
      );
      const other = await refusalOf(paymentIntents.cancel(id));
      assert.deepEqual([other.statusCode, other.code], [409, 'payment_intent_outcome_unknown']);
      await resolveUntil(async () => (await paymentIntents.retrieve(id)).status !== 'processing');
    }
  });

  test('that another took over while the bank was asked keeps nobody from writing what it said', async () => {
    bank.calls.length = 0;
    const idempotencyKey = 'taken over';
    const open = 'status is null and subject is not null';
    bank.next.push(async (_call, truth) => {
      const said = await truth();
      await asOwner(
        gateway.on,
        `update platform.answers set request_id = 'req_another' where ${open}`,
      );
      return said;
    });
    const intent = await paymentIntents.create(order, { idempotencyKey });
    assert.equal(intent.status, 'succeeded');
    assert.equal((await paymentIntents.retrieve(intent.id)).status, 'succeeded');

    // The other is gone too: whoever asks next goes on with the payment.
    await asOwner(
      gateway.on,
      `update platform.answers set created_at = now() - interval '2 minutes' where ${open}`,
    );
    const again = await paymentIntents.create(order, { idempotencyKey });
    assert.deepEqual([again.id, again.status], [intent.id, 'succeeded']);
    assert.equal(bank.calls.filter(({ what }) => what === 'sale').length, 1);
    assert.equal(gateway.errors.length, 0);
  });

  test('of a refund that another took over is one refund too', async () => {
    const { id } = await paymentIntents.create(order);
    const idempotencyKey = 'refund taken over';
    const open = 'status is null and subject is not null';
    bank.next.push(async (_call, truth) => {
      const said = await truth();
      await asOwner(
        gateway.on,
        `update platform.answers set request_id = 'req_another' where ${open}`,
      );
      return said;
    });
    const asked = { payment_intent: id, amount: 700 };
    const refund = await stripe.refunds.create(asked, { idempotencyKey });
    assert.equal(refund.status, 'succeeded');
    await asOwner(
      gateway.on,
      `update platform.answers set created_at = now() - interval '2 minutes' where ${open}`,
    );
    const again = await stripe.refunds.create(asked, { idempotencyKey });
    assert.deepEqual([again.id, again.status], [refund.id, 'succeeded']);
    const charge = await stripe.charges.list({ payment_intent: id });
    assert.equal(charge.data[0]?.amount_refunded, 700);
  });
});
