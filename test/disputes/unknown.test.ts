// A payment of which nobody knows what became, and whose holder contests it: its bank cannot take it back any more, and
// by contesting it tells that it was approved.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { parseId } from '#kit/ids';
import { asOwner } from '../../src/for-tests.ts';
import { assertOneStory, openTown } from '../payments/support.ts';
import { controlOf, DAY_MS } from '../sandbox/support/control.ts';
import { happenedAt } from '../support/happened.ts';
import { assertHealthy } from '../support/health.ts';

const { bank, gateway, stripe } = await openTown({ patienceMs: 1_000 });
const holder = controlOf(bank.ports.control);
const happened = happenedAt(stripe);
const { disputes, paymentIntents, refunds } = stripe;

const AFTERWARDS_MS = 5_000;
const PATIENCE = 1_200;

/**
 * Looks at all that is due, and at what its bank tells, until `isThere` holds. What the bank would not take back is left
 * alone, as it is for minutes: nothing counts while it is asked.
 */
const until = async <T>(what: string, isThere: () => Promise<T | undefined>): Promise<T> => {
  for (let round = 0; round < PATIENCE; round += 1) {
    const found = await isThere();
    if (found !== undefined) return found;
    for (const table of ['rails.dispute_feeds', 'rails.dispute_notices']) {
      await asOwner(gateway.on, `update ${table} set due_at = now() where due_at > now()`);
    }
    await asOwner(
      gateway.on,
      `update rails.operations o set due_at = now() - interval '1 second'
        where due_at > now() and state in (8, 10) and not exists (
          select from rails.card_messages m where m.operation_id = o.id and m.state = 6)`,
    );
    await asOwner(gateway.on, `update platform.jobs set run_at = now() - interval '1 second'`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return assert.fail(`What was waited for did not come: ${what}`);
};

const reversalOf = async ({ id }: Pick<Stripe.PaymentIntent, 'id'>): Promise<boolean> => {
  const [row] = await asOwner(
    gateway.on,
    `select 1 as one from rails.card_messages m join rails.operations o on o.id = m.operation_id
      where o.intent_id = $1 and m.part > 0`,
    [parseId('pi', id)],
  );
  return row !== undefined;
};

/** Its answer is lost, and it is being taken back in vain, when its holder contests it. */
const contested = async (method: string, { isCanceled = false } = {}) => {
  bank.setFaults([
    { id: 'lost', kind: 'hang', when: { mti: '0200' }, times: 1 },
    { id: 'busy', kind: 'decline', when: { mti: '04' }, code: '96' },
  ]);
  const intent = await paymentIntents.create({
    amount: 5_000,
    currency: 'eur',
    confirm: true,
    payment_method: method,
  });
  assert.equal(intent.status, 'processing');
  if (isCanceled) await paymentIntents.cancel(intent.id);
  await until('a reversal', async () => ((await reversalOf(intent)) ? true : undefined));
  await holder.advance(AFTERWARDS_MS);
  bank.setFaults([]);
  return intent;
};

const disputesOf = async (
  { id }: Stripe.PaymentIntent,
  status: Stripe.Dispute.Status,
  count = 1,
): Promise<readonly Stripe.Dispute[]> =>
  until(`${count} disputes, ${status}`, async () => {
    const { data } = await disputes.list({ payment_intent: id });
    const found = data.filter((each) => each.status === status);
    return found.length === count ? found : undefined;
  });

const ends = (
  { id }: Stripe.PaymentIntent,
  status: Stripe.PaymentIntent.Status,
): Promise<Stripe.PaymentIntent> =>
  until(status, async () => {
    const intent = await paymentIntents.retrieve(id);
    return intent.status === status ? intent : undefined;
  });

/** Captured, refunded and charged back, by the bank's journal. */
const atBank = async ({ id }: Stripe.PaymentIntent): Promise<readonly bigint[]> => {
  const [row] = await asOwner(
    gateway.on,
    'select reference from rails.operations where intent_id = $1 and kind = 2',
    [parseId('pi', id)],
  );
  const { approvals } = bank.journal().state();
  const found = [...approvals.values()].find(
    ({ paymentReference }) => paymentReference === row?.['reference'],
  );
  assert.ok(found !== undefined);
  return [found.capturedMinor, found.refundedMinor, found.chargedBackMinor];
};

const isHealthy = async (): Promise<void> => {
  await assertHealthy(gateway.on);
  await assertOneStory(bank, gateway.on);
  assert.deepEqual(await bank.checkBooks(), []);
};

beforeEach(async () => {
  await happened();
});

describe('a payment of which nobody knows, and whose holder contests it', () => {
  test('was approved, and is contested', async () => {
    const asked = await contested('pm_card_createDispute');
    const [dispute] = await disputesOf(asked, 'needs_response');
    const { status, amount_received: received } = await paymentIntents.retrieve(asked.id);
    assert.deepEqual([status, received, dispute?.amount], ['succeeded', 5_000, 5_000]);
    const told = await happened();
    const ofPayment = told.filter((type) => !type.startsWith('payment_intent.created'));
    assert.deepEqual(ofPayment, [
      'charge.pending',
      'payment_intent.processing',
      'charge.succeeded',
      'payment_intent.succeeded',
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
    ]);
    const said = await asOwner(
      gateway.on,
      `select e.says->>'code' as code from rails.evidence e join rails.operations o on o.id = e.operation_id
        where o.intent_id = $1 and e.kind = 3`,
      [parseId('pi', asked.id)],
    );
    assert.deepEqual(said, [{ code: 'charged_back' }], 'It was said once.');
    assert.deepEqual(await atBank(asked), [5_000n, 0n, 5_000n]);
    await isHealthy();
  });

  test('was approved, although it had been canceled meanwhile; lost, it has gone back', async () => {
    const asked = await contested('pm_card_createDispute', { isCanceled: true });
    const [dispute] = await disputesOf(asked, 'needs_response');
    await ends(asked, 'canceled');
    await disputes.close(dispute?.id ?? '');
    assert.deepEqual((await refunds.list({ payment_intent: asked.id })).data, []);
    await until('the end at its bank', async () => {
      const { disputes: there } = bank.journal().state();
      const open = [...there.disputes.values()].filter((each) => each.status === 'needs_response');
      return open.length === 1 ? true : undefined;
    });
    assert.deepEqual(await atBank(asked), [5_000n, 0n, 5_000n]);
    await isHealthy();
  });

  test('goes back by itself where its merchant wins it, and had canceled it', async () => {
    const asked = await contested('pm_card_createDispute', { isCanceled: true });
    const [dispute] = await disputesOf(asked, 'needs_response');
    const evidence = { uncategorized_text: 'winning_evidence' };
    await disputes.update(dispute?.id ?? '', { evidence });
    await disputesOf(asked, 'under_review');
    await until('the answer at its bank', async () => {
      const { disputes: there } = bank.journal().state();
      const has = [...there.disputes.values()].some((each) => each.status === 'under_review');
      return has ? true : undefined;
    });
    assert.deepEqual((await refunds.list({ payment_intent: asked.id })).data, []);
    await holder.advance(DAY_MS);
    await disputesOf(asked, 'won');
    await ends(asked, 'canceled');
    const given = await until('its refund', async () => {
      const { data } = await refunds.list({ payment_intent: asked.id });
      return data.some(({ status }) => status === 'succeeded') ? data : undefined;
    });
    assert.deepEqual(
      given.map(({ amount, status }) => [amount, status]),
      [[5_000, 'succeeded']],
    );
    assert.deepEqual(await atBank(asked), [5_000n, 5_000n, 0n]);
    await isHealthy();
  });

  test('in two parts, was approved, and neither goes back as well', async () => {
    const asked = await contested('pm_card_createMultipleDisputes', { isCanceled: true });
    const parts = await disputesOf(asked, 'needs_response', 2);
    for (const { id } of parts) await disputes.close(id);
    await ends(asked, 'canceled');
    assert.deepEqual((await refunds.list({ payment_intent: asked.id })).data, []);
    assert.deepEqual(await atBank(asked), [5_000n, 0n, 5_000n]);
    await isHealthy();
  });

  test('is taken back where it is only asked about, and its bank takes it back', async () => {
    const asked = await contested('pm_card_createDisputeInquiry');
    await ends(asked, 'requires_payment_method');
    await until('what was told', async () => {
      const waiting = 'select 1 as one from rails.dispute_notices where state = 1';
      return (await asOwner(gateway.on, waiting)).length === 0 ? true : undefined;
    });
    assert.deepEqual((await disputes.list({ payment_intent: asked.id })).data, []);
    assert.deepEqual(await atBank(asked), [0n, 0n, 0n]);
    await isHealthy();
  });
});
