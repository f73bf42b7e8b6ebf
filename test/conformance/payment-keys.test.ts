// One key, one payment: under storms, after a loss, and when whoever claimed the key is gone.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import { runs } from '../support/full.ts';
import { openShop } from '../support/payments.ts';

const { gateway, stripe, bank, resolveUntil } = await openShop();
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
});
