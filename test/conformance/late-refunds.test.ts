// Banks that pay a refund after they had refused it, while another that was made instead has its place.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { heardBy } from '#rails/connectors';
import { loadOfIntent, type Operation, recordEvidence } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { operationListeners } from '../../src/modules.ts';
import { lostAfter, lostBefore } from '../../src/payments/intents/for-tests-bank.ts';
import { assertHealthy } from '../support/health.ts';
import { declined, openLateWords, PATIENCE_MS } from '../support/late-words.ts';
import { waitUntil } from '../support/writers.ts';

const {
  first,
  happened,
  held,
  resolveUntil,
  paymentIntents,
  charges,
  refunds,
  context,
  on,
  errors,
  scope,
  uuid,
  operationOf,
  saysYes,
  decide,
  settle,
  settledAs,
  again,
  explain,
  assertReviewed,
} = await openLateWords();

const PAID_BACK = /Not healthy: what was paid back is booked/;

const paid = async (): Promise<string> => {
  const { id } = await held();
  await paymentIntents.capture(id);
  return id;
};
const giveBack = (id: string, amount = 5000): Promise<Stripe.Refund> =>
  refunds.create({ payment_intent: id, amount });
const refused = (id: string, amount = 5000): Promise<Stripe.Refund> => {
  first.next.push(declined);
  return giveBack(id, amount);
};
/** Of which nobody knows what became. */
const open = (id: string, amount = 5000): Promise<Stripe.Refund> => {
  first.next.push(lostBefore);
  return giveBack(id, amount);
};
const statusesOf = async (id: string): Promise<unknown[]> => {
  const { data } = await refunds.list({ payment_intent: id });
  return data.toReversed().map(({ status }) => status);
};
const givenBackOf = async (id: string): Promise<number> => {
  const { latest_charge } = await paymentIntents.retrieve(id);
  return (await charges.retrieve(String(latest_charge))).amount_refunded;
};
const untilEnded = async ({ id }: Stripe.Refund): Promise<void> =>
  resolveUntil(async () => (await refunds.retrieve(id)).status !== 'pending');
const refundOf = async (id: string, ordinal: number) => {
  const all = await loadOfIntent(context, scope, uuid(id));
  return all.filter(({ kind }) => kind === 'refund')[ordinal - 1] ?? assert.fail(`No ${ordinal}`);
};

describe('a refund that was refused and is approved after all, while another has its place', () => {
  test('is booked and told once that one comes to nothing', async () => {
    const id = await paid();
    const late = await refused(id);
    const instead = await open(id);
    const operation = await operationOf(id, 'refund');
    await happened();
    await saysYes(operation);
    assert.deepEqual(await happened(), []);
    assert.deepEqual(await statusesOf(id), ['failed', 'pending']);
    await assertReviewed(operation);
    await assert.rejects(assertHealthy(on), PAID_BACK);

    await untilEnded(instead);
    assert.deepEqual(await statusesOf(id), ['succeeded', 'failed']);
    assert.equal(await givenBackOf(id), 5000);
    assert.deepEqual(await happened(), [
      'refund.updated',
      'charge.refund.updated',
      'refund.failed',
      'refund.updated',
      'charge.refund.updated',
      'charge.refunded',
    ]);
    const { balance_transaction } = await refunds.retrieve(late.id, {
      expand: ['balance_transaction'],
    });
    assert.partialDeepStrictEqual(balance_transaction, { amount: -5000, type: 'refund' });
    await assertHealthy(on);
    // It counts once, whoever says it again.
    await decide(operation, 'approved');
    assert.deepEqual(await happened(), []);
    await assertHealthy(on);
    errors.length = 0;
  });

  test('is booked once that one comes back from the bank of its payer', async () => {
    const id = await paid();
    await refused(id);
    await giveBack(id);
    const operation = await operationOf(id, 'refund');
    await saysYes(operation);
    await assertReviewed(operation);
    await decide(await operationOf(id, 'refund', 'last'), 'reversed');
    assert.deepEqual(await statusesOf(id), ['succeeded', 'failed']);
    assert.equal(await givenBackOf(id), 5000);
    await decide(operation, 'approved');
    await assertHealthy(on);
  });

  test('waits for a person where that one is paid too, and is named until they have decided', async () => {
    for (const word of ['approved', 'reversed'] as const) {
      const id = await paid();
      await refused(id);
      first.next.push(lostAfter);
      const instead = await giveBack(id);
      const operation = await operationOf(id, 'refund');
      await saysYes(operation);
      await untilEnded(instead);
      assert.deepEqual(await statusesOf(id), ['failed', 'succeeded']);
      await assertReviewed(operation);
      await assert.rejects(assertHealthy(on), PAID_BACK);
      await decide(operation, word);
      const now = word === 'approved' ? 'succeeded' : 'failed';
      assert.deepEqual(await statusesOf(id), [now, 'succeeded']);
      assert.equal(await givenBackOf(id), 5000);
      await assertHealthy(on);
    }
  });

  test('is booked as far as there is room, those that were tried first before the others', async () => {
    const id = await paid();
    await refused(id, 3000);
    await refused(id, 2500);
    await refused(id, 2000);
    const instead = await open(id);
    for (const ordinal of [3, 2, 1]) {
      const operation = await refundOf(id, ordinal);
      await saysYes(operation);
      await assertReviewed(operation);
    }
    await untilEnded(instead);
    assert.deepEqual(await statusesOf(id), ['succeeded', 'failed', 'succeeded', 'failed']);
    assert.equal(await givenBackOf(id), 5000);
    await assert.rejects(assertHealthy(on), PAID_BACK);
    await decide(await refundOf(id, 2), 'reversed');
    await assertHealthy(on);
  });

  test('fits no line of a settlement where that one is paid too, and fits one where it is booked', async () => {
    const id = await paid();
    await refused(id);
    first.next.push(lostAfter);
    const instead = await giveBack(id);
    const operation = await operationOf(id, 'refund');
    await settle(operation);
    await waitUntil('the word', PATIENCE_MS, async () => {
      await settledAs(operation);
      return (await operationOf(id, 'refund')).state === 'approved';
    });
    // While the other is under way it may still come to nothing.
    assert.equal(await settledAs(operation), 'waiting');
    await untilEnded(instead);
    await waitUntil('the line', PATIENCE_MS, async () => {
      await again();
      return (await settledAs(operation)) === 'fits_nothing';
    });
    const other = await operationOf(id, 'refund', 'last');
    await settle(other);
    await waitUntil('its line', PATIENCE_MS, async () => (await settledAs(other)) === 'fits');
    await assertReviewed(operation);
    await decide(operation, 'reversed');
    await explain();
    await assertHealthy(on);
  });

  test('that waits for a person keeps no line of a settlement waiting, and has it fit once that one comes to nothing', async () => {
    const id = await paid();
    await refused(id);
    await open(id);
    const instead = await operationOf(id, 'refund', 'last');
    await asOwner(
      on,
      `update rails.operations set state = 10, due_at = now() + interval '1 day' where id = $1`,
      [instead.id],
    );
    const operation = await operationOf(id, 'refund');
    await settle(operation);
    await waitUntil('the line', PATIENCE_MS, async () => {
      await again();
      return (await settledAs(operation)) === 'fits_nothing';
    });
    await assertReviewed(operation);
    await decide(instead, 'declined');
    assert.deepEqual(await statusesOf(id), ['succeeded', 'failed']);
    // It is booked now, and what its provider settled is that.
    await waitUntil('the line', PATIENCE_MS, async () => (await settledAs(operation)) === 'fits');
    await decide(operation, 'approved');
    await assertHealthy(on);
  });
});

describe('a late yes, or its end, at the moment at which the other comes to nothing', () => {
  /** Between what is decided and its commit `meanwhile` happens once. */
  const saysNo = async (operation: Operation, meanwhile: () => Promise<unknown>): Promise<void> => {
    let hasHappened = false;
    await recordEvidence(context, scope, {
      operationId: operation.id,
      evidence: {
        kind: 'webhook',
        sourceKey: `no to ${operation.id}`,
        says: { outcome: 'declined', code: 'generic_decline' },
      },
      writes: async (change) => {
        const writes = await heardBy(operationListeners, context, scope, change);
        if (!hasHappened) {
          hasHappened = true;
          await meanwhile();
        }
        return writes;
      },
    });
  };

  test('is booked', async () => {
    const id = await paid();
    await refused(id);
    await open(id);
    const late = await operationOf(id, 'refund');
    await saysNo(await operationOf(id, 'refund', 'last'), () => saysYes(late));
    await assertReviewed(late);
    assert.deepEqual(await statusesOf(id), ['succeeded', 'failed']);
    assert.equal(await givenBackOf(id), 5000);
    await assertHealthy(on);
  });

  test('is not booked where it comes back', async () => {
    const id = await paid();
    await refused(id);
    await open(id);
    const late = await operationOf(id, 'refund');
    await saysYes(late);
    await assertReviewed(late);
    await saysNo(await operationOf(id, 'refund', 'last'), () => decide(late, 'reversed'));
    assert.deepEqual(await statusesOf(id), ['failed', 'failed']);
    assert.equal(await givenBackOf(id), 0);
    await assertHealthy(on);
  });
});
