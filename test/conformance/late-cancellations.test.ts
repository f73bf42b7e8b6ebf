// Banks that say yes after a no, to letting go of what they hold or to holding more.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '#kit/assert';
import { loadOfIntent, recordEvidence } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter, lostBefore } from '../../src/payments/intents/for-tests-bank.ts';
import { releaseHeld } from '../../src/payments/intents/release-charge.ts';
import { assertHealthy } from '../support/health.ts';
import { amountsOf, declined, openLateWords, PATIENCE_MS } from '../support/late-words.ts';
import { refusalOf } from '../support/stripe.ts';
import { waitUntil } from '../support/writers.ts';

const {
  first,
  happened,
  held,
  statusOf,
  resolveUntil,
  paymentIntents,
  context,
  on,
  errors,
  scope,
  uuid,
  writes,
  operationOf,
  takenAfterAll,
  saysYes,
  decide,
  assertReviewed,
} = await openLateWords();

describe('a cancellation that was refused and has happened after all', () => {
  test('ends the payment', async () => {
    const { id } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.cancel(id));
    await happened();
    const operation = await operationOf(id, 'void');
    await saysYes(operation);
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['canceled', 0, 0]);
    assert.deepEqual(await happened(), ['payment_intent.canceled']);
    await assertReviewed(operation);
    await assertHealthy(on);
  });

  test('leaves the next one under way when its no is said once more', async () => {
    const { id } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.cancel(id));
    first.next.push(lostAfter);
    assert.equal((await paymentIntents.cancel(id)).status, 'processing');
    const { id: operationId, reference } = await operationOf(id, 'void');
    await recordEvidence(context, scope, {
      operationId,
      evidence: {
        kind: 'webhook',
        sourceKey: `no to ${reference}`,
        says: { outcome: 'declined', code: 'generic_decline' },
      },
      writes,
    });
    assert.equal(await statusOf(id), 'processing');
    await resolveUntil(async () => (await statusOf(id)) !== 'processing');
    assert.equal(await statusOf(id), 'canceled');
    await assertHealthy(on);
  });

  test('is concluded although an older attempt of its payment was let go of meanwhile', async () => {
    first.next.push(declined);
    const refused = await refusalOf(held());
    const { id } = present(refused.payment_intent, 'its payment');
    await paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    first.next.push(lostBefore);
    assert.equal((await paymentIntents.cancel(id)).status, 'processing');
    await saysYes(await takenAfterAll(id));
    await waitUntil('its release', PATIENCE_MS, async () => {
      const { ordinal, state } = await operationOf(id, 'void', 'last');
      return ordinal === 1 && state === 'approved';
    });
    assert.equal(await statusOf(id), 'processing');
    await resolveUntil(async () => (await operationOf(id, 'void')).state !== 'unknown');
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['requires_capture', 5000, 0]);
    assert.equal((await paymentIntents.cancel(id)).status, 'canceled');
    errors.length = 0;
    await assertHealthy(on);
  });

  test('of another attempt that comes between does not keep an older one held', async () => {
    first.next.push(declined);
    const refused = await refusalOf(held());
    const { id } = present(refused.payment_intent, 'its payment');
    await paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    first.next.push(declined);
    await saysYes(await takenAfterAll(id));
    await waitUntil('its no', PATIENCE_MS, async () => {
      const all = await loadOfIntent(context, scope, uuid(id));
      return all.some(({ kind, state }) => kind === 'void' && state === 'declined');
    });
    const [older] = await asOwner(
      on,
      'select id from payments.charges where intent_id = $1 order by attempt limit 1',
      [uuid(id)],
    );
    const { commit } = context.database;
    const database: { commit: typeof commit } = context.database;
    database.commit = async (of, writes) => {
      database.commit = commit;
      assert.equal((await paymentIntents.cancel(id)).status, 'canceled');
      return commit(of, writes);
    };
    assert.equal(await releaseHeld(context, scope, String(older?.['id'])), false);
    assert.equal(await releaseHeld(context, scope, String(older?.['id'])), true);
    const voids = (await loadOfIntent(context, scope, uuid(id))).filter(
      ({ kind }) => kind === 'void',
    );
    assert.deepEqual(
      voids.map(({ ordinal, state }) => [ordinal, state]),
      [
        [1, 'declined'],
        [2, 'approved'],
        [1, 'approved'],
      ],
    );
    errors.length = 0;
    await assertHealthy(on);
  });

  test('of what nobody wants is tried again once, however often it is refused', async () => {
    first.next.push(lostAfter);
    const { id } = await held();
    assert.equal((await paymentIntents.cancel(id)).status, 'processing');
    first.next.push(declined);
    const isRefused = async () => {
      const all = await loadOfIntent(context, scope, uuid(id));
      return all.some(({ kind, state }) => kind === 'void' && state === 'declined');
    };
    await resolveUntil(async () => (await operationOf(id, 'authorize')).state === 'approved');
    // What nobody wants is let go of at once; only the next trial waits.
    await waitUntil('its no', PATIENCE_MS, isRefused);
    const { id: operationId, reference } = await operationOf(id, 'void');
    for (const sourceKey of [`no to ${reference}`, `once more no to ${reference}`]) {
      await recordEvidence(context, scope, {
        operationId,
        evidence: {
          kind: 'webhook',
          sourceKey,
          says: { outcome: 'declined', code: 'generic_decline' },
        },
        writes,
      });
    }
    const queued = await asOwner(
      on,
      `select id from platform.jobs where name = 'payments.release'`,
    );
    assert.equal(queued.length, 1);
    await resolveUntil(async () => (await statusOf(id)) !== 'processing');
    assert.equal(await statusOf(id), 'canceled');
    assert.equal(first.calls.filter(({ what }) => what === 'void').length, 2);
    await assertHealthy(on);
  });

  test('ends the payment by the word of a person, and nothing more is sent', async () => {
    const { id } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.cancel(id));
    await decide(await operationOf(id, 'void'), 'approved');
    assert.equal(await statusOf(id), 'canceled');
    assert.equal(first.calls.filter(({ what }) => what === 'void').length, 1);
    await assertHealthy(on);
  });

  test('ends the payment once a capture that was under way has come to nothing', async () => {
    const { id } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.cancel(id));
    first.next.push(lostBefore);
    assert.equal((await paymentIntents.capture(id)).status, 'processing');
    const operation = await operationOf(id, 'void');
    await saysYes(operation);
    assert.equal(await statusOf(id), 'processing');
    await resolveUntil(async () => (await statusOf(id)) !== 'processing');
    assert.equal(await statusOf(id), 'canceled');
    await assertReviewed(operation);
    await assertHealthy(on);
  });
});

describe('a raise that was declined and is approved after all', () => {
  test('is held by the word of a person, who has asked which of the two holds', async () => {
    const { id } = await held({
      payment_method_options: { card: { request_incremental_authorization: 'if_available' } },
    });
    first.next.push(declined);
    await refusalOf(paymentIntents.incrementAuthorization(id, { amount: 7000 }));
    const operation = await operationOf(id, 'increment');
    await saysYes(operation);
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['requires_capture', 5000, 0]);
    await assertReviewed(operation);
    await assert.rejects(assertHealthy(on), /with what raised it/);
    await happened();
    for (const _ of ['said', 'said again']) await decide(operation, 'approved');
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['requires_capture', 7000, 0]);
    assert.deepEqual(await happened(), ['payment_intent.amount_capturable_updated']);
    await assertHealthy(on);
  });
});
