// A payment that was canceled, approved after all, and contested before anybody here heard of the dispute: what its bank has
// for its holder does not go to them a second time, even where this process dies before the dispute is heard.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { present } from '#kit/assert';
import { newUuid, parseId } from '#kit/ids';
import { type DisputeTold, heardBy, type SaidByDispute } from '#rails/connectors';
import { type Change, loadOfIntent, recordEvidence } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { operationListeners } from '../../src/modules.ts';
import { learnFromDispute } from '../../src/payments/disputes/learn-from-dispute.ts';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import { insertNotice } from '../../src/rails/connectors/dispute-notices.store.ts';
import { hearOfDisputes } from '../../src/rails/connectors/hear-of-disputes.ts';
import { assertHealthy } from '../support/health.ts';
import { openTwoBanks } from '../support/two-banks.ts';
import { waitUntil } from '../support/writers.ts';

const { gateway, merchant, stripe, first, held, statusOf, bookingOf, resolveUntil } =
  await openTwoBanks();
const { paymentIntents, refunds, disputes } = stripe;
const { context, on } = gateway;
const { scope } = merchant;
const PATIENCE_MS = 60_000;
const LATER_MS = 3_600_000;

const writes = (change: Change) => heardBy(operationListeners, context, scope, change);
const operationOf = async (id: string) =>
  present((await loadOfIntent(context, scope, present(parseId('pi', id), id))).at(-1), 'its sale');

/** Its answer is lost, and so nobody knows what became of it when its merchant cancels it. */
const canceled = async (): Promise<string> => {
  first.next.push(lostAfter);
  const { id } = await held({ capture_method: 'automatic' });
  assert.equal((await paymentIntents.cancel(id)).status, 'processing');
  return id;
};

type Part = readonly [amount: bigint, moved: bigint, status: DisputeTold['status']];
const TAKEN: readonly Part[] = [
  [2_000n, -2_000n, 'needs_response'],
  [3_000n, -3_000n, 'needs_response'],
];
const HALF_ASKED: readonly Part[] = [
  [2_000n, -2_000n, 'needs_response'],
  [3_000n, 0n, 'warning_needs_response'],
];

/** Told by its bank, and heard by nobody yet; what follows from that alone. */
const told = async (id: string, parts: readonly Part[]) => {
  const { connectorAccountId, reference } = await operationOf(id);
  const nowMs = context.clock.now();
  const all = parts.map(
    ([amount, moved, status], n): DisputeTold => ({
      providerId: `${n} ${randomBytes(40).toString('hex')}`,
      reference,
      status,
      reason: 'fraudulent',
      networkReasonCode: null,
      currency: 'eur',
      amount,
      moved,
      openedAtMs: nowMs,
      respondByMs: nowMs + 10 * 24 * LATER_MS,
      eligibleFor: [],
    }),
  );
  const notices = all.map((dispute, n) =>
    insertNotice(scope, {
      id: newUuid(context),
      connectorAccountId,
      position: BigInt(nowMs * 1_000 + n),
      notice: { key: dispute.providerId, atMs: nowMs, kind: 'dispute', dispute },
      receivedAtMs: nowMs + LATER_MS,
    }),
  );
  assert.deepEqual(await context.database.commit(scope, notices), { ok: true });
  const [opening] = all;
  return learnFromDispute(context, scope, connectorAccountId, present(opening, 'one'));
};

const learned = async (said: SaidByDispute | null) => {
  const { operationId, says, sourceKey } = present(said, 'that it was approved');
  const evidence = { kind: 'webhook', says, sourceKey } as const;
  const recorded = await recordEvidence(context, scope, { operationId, evidence, writes });
  assert.equal(recorded.ok && recorded.change.after.state, 'approved');
};

const refundedOf = async (id: string) =>
  (await refunds.list({ payment_intent: id })).data.map(({ amount, status }) => [amount, status]);

/** Whoever gives it back has looked at it, and does so again later; or has given it back. */
const isLookedAt = async (id: string): Promise<boolean> => {
  const { latest_charge: charge } = await paymentIntents.retrieve(id);
  const queued = await asOwner(
    on,
    `select 1 as one from platform.jobs
      where name = 'payments.release' and run_at > now() + interval '10 seconds'
        and payload->>'charge' = $1`,
    [parseId('ch', String(charge))],
  );
  return queued.length > 0 || (await refundedOf(id)).length > 0;
};

const heard = async (id: string, count: number) => {
  await asOwner(
    on,
    `update rails.dispute_notices set received_at = now(), due_at = now() - interval '1 second' where state = 1`,
  );
  await resolveUntil(async () => {
    await hearOfDisputes(gateway.rails.parts, context);
    const { data } = await disputes.list({ payment_intent: id });
    return data.length === count && (await statusOf(id)) === 'canceled';
  });
};

test('where its bank has a part and asks about the rest, it goes back without that part', async () => {
  const id = await canceled();
  const said = present(await told(id, HALF_ASKED), 'that it is contested in part');
  assert.deepEqual(said.says, { outcome: 'unknown', code: 'contested_in_part' });

  await resolveUntil(async () => (await operationOf(id)).state === 'approved');
  await waitUntil('its release is looked at', PATIENCE_MS, () => isLookedAt(id));
  assert.deepEqual(await refundedOf(id), [], 'Its bank has a part of it.');

  await heard(id, 2);
  assert.deepEqual(await refundedOf(id), [[3_000, 'succeeded']]);
  assert.equal(bookingOf()?.refunded, 3_000n);
  await assertHealthy(on);
});

test('where its bank has all of it, in two parts, nothing goes back', async () => {
  const id = await canceled();
  await learned(await told(id, TAKEN));

  await waitUntil('its release is looked at', PATIENCE_MS, () => isLookedAt(id));
  assert.deepEqual(await refundedOf(id), []);

  await heard(id, 2);
  assert.deepEqual(await refundedOf(id), []);
  assert.equal(bookingOf()?.refunded, 0n);
  await assertHealthy(on);
});

test('where more is told of it than anybody can contest, that decides nothing, and nothing goes back', async () => {
  const id = await canceled();
  const parts = Array.from({ length: 101 }, (): Part => [40n, -40n, 'needs_response']);
  const said = present(await told(id, parts), 'that it is contested too often');
  assert.deepEqual(said.says, { outcome: 'unknown', code: 'contested_too_often' });

  await resolveUntil(async () => (await operationOf(id)).state === 'approved');
  await waitUntil('its release is looked at', PATIENCE_MS, () => isLookedAt(id));
  assert.deepEqual(await refundedOf(id), []);
});

test('however many parts it is contested in, and whatever its bank calls them, it was approved', async () => {
  const id = await canceled();
  const parts = Array.from({ length: 100 }, (): Part => [50n, -50n, 'needs_response']);
  await learned(await told(id, parts));
});
