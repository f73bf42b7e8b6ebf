// A refund of a charge of the older API that was not captured: an object like every other, which stands for what its bank
// makes of the void, and moves no money.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { parseId } from '#kit/ids';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter, says } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const shop = await openShop();
const { stripe, happened } = shop;
const { charges, refunds } = stripe;

const held = { amount: 999, currency: 'usd', source: 'tok_visa', capture: false } as const;
const refundOf = (charge: string): Promise<Stripe.Charge> =>
  stripe.rawRequest('POST', `/v1/charges/${charge}/refund`);

beforeEach(async () => {
  await happened();
});

describe('a charge that only holds, and is refunded,', () => {
  test('is let go of by it, and no money moves', async () => {
    const { id } = await charges.create(held);
    const balance = await stripe.balance.retrieve();
    await happened();
    const refund = await refunds.create({
      charge: id,
      reason: 'requested_by_customer',
      metadata: { order: '6735' },
      expand: ['charge.refunds'],
    });
    const { charge } = refund as { charge: Stripe.Charge };
    assert.deepEqual(
      [charge.refunded, charge.amount_refunded, charge.captured, charge.amount_captured],
      [true, 999, false, 0],
    );
    assert.deepEqual(
      charge.refunds?.data.map((each) => [each.id, each.status]),
      [[refund.id, 'succeeded']],
    );
    assert.deepEqual(await happened(), ['charge.refunded', 'refund.created']);
    assert.equal(shop.bank.calls.at(-1)?.what, 'void');
    const { data: moved } = await stripe.balanceTransactions.list({ source: refund.id });
    assert.deepEqual(moved, []);
    assert.deepEqual((await stripe.balance.retrieve()).pending, balance.pending);
    assert.equal((await refunds.retrieve(refund.id)).metadata?.['order'], '6735');
    const named = await refunds.update(refund.id, { metadata: { order: '6736' } });
    assert.equal(named.metadata?.['order'], '6736');
    assert.equal((await refusalOf(refunds.create({ charge: id }))).code, 'charge_already_refunded');
  });

  test('stays held when its bank says no, and the refund failed', async () => {
    const { id } = await charges.create(held);
    await happened();
    shop.bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    const failed = await refunds.create({ charge: id });
    assert.deepEqual([failed.status, failed.failure_reason], ['failed', 'declined']);
    assert.equal((await charges.retrieve(id)).refunded, false);
    assert.deepEqual(await happened(), ['refund.created', 'refund.failed']);

    shop.bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    const older = await refusalOf(refundOf(id));
    assert.deepEqual([older.statusCode, older.code], [402, 'cancel_declined']);
    assert.equal((await refunds.create({ charge: id })).status, 'succeeded');
    const { data } = await refunds.list({ charge: id });
    assert.deepEqual(
      data.map(({ status }) => status),
      ['succeeded', 'failed', 'failed'],
    );
  });

  test('is refunded once, however many ask at once', async () => {
    const { id } = await charges.create(held);
    const both = await Promise.allSettled([1, 2, 3].map(() => refunds.create({ charge: id })));
    assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1);
    const { data } = await refunds.list({ charge: id });
    assert.equal(data.length, 1);
  });

  test('has one refund for who asks again when its gateway died before the bank was heard', async () => {
    const { id } = await charges.create(held);
    shop.bank.next.push(lostAfter);
    const key = { idempotencyKey: `died ${id}` };
    const refund = await refunds.create({ charge: id }, key);
    // As a process leaves it that was killed while it waited for the bank.
    await asOwner(
      shop.gateway.on,
      `update platform.answers set status = null, answer = null, created_at = now() - interval '2 minutes'
        where subject = '${parseId('re', refund.id)}'`,
    );
    await shop.resolveUntil(async () => (await charges.retrieve(id)).refunded);
    const again = await refunds.create({ charge: id }, key);
    assert.deepEqual([again.id, again.status], [refund.id, 'succeeded']);
    assert.equal((await refunds.list({ charge: id })).data.length, 1);
  });

  test('has one refund for who asks again under the same key while nobody knows', async () => {
    const { id } = await charges.create(held);
    shop.bank.next.push(lostAfter);
    const key = { idempotencyKey: `let go of ${id}` };
    const refund = await refunds.create({ charge: id }, key);
    assert.deepEqual([refund.status, refund.pending_reason], ['pending', 'processing']);
    assert.equal((await refunds.create({ charge: id }, key)).id, refund.id);
    await shop.resolveUntil(async () => {
      return (await refunds.retrieve(refund.id)).status === 'succeeded';
    });
    assert.equal((await charges.retrieve(id)).refunded, true);
  });
});
