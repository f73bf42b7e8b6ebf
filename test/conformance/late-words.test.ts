// Banks that say yes after a no, to a capture: heard by a webhook, of a settlement, or from a person.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '#kit/assert';
import { loadOfIntent, type Operation, recordEvidence } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter, lostBefore } from '../../src/payments/intents/for-tests-bank.ts';
import { assertHealthy } from '../support/health.ts';
import {
  APPROVED,
  amountsOf,
  declined,
  openLateWords,
  PATIENCE_MS,
} from '../support/late-words.ts';
import { refusalOf } from '../support/stripe.ts';
import { waitUntil } from '../support/writers.ts';

const {
  first,
  happened,
  held,
  statusOf,
  resolveUntil,
  bookingOf,
  paymentIntents,
  charges,
  refunds,
  context,
  on,
  errors,
  scope,
  uuid,
  writes,
  operationOf,
  saysYes,
  saysNo,
  decide,
  settle,
  settledAs,
  again,
  explain,
  assertReviewed,
} = await openLateWords();

describe('a capture that was refused and is approved after all', () => {
  for (const how of ['webhook', 'settlement_line', 'person'] as const) {
    test(`is booked, told and can be refunded when that is heard by a ${how.replace('_', ' ')}`, async () => {
      const { id } = await held();
      first.next.push(declined);
      await refusalOf(paymentIntents.capture(id));
      await happened();
      const operation = await operationOf(id, 'capture');
      if (how === 'person') await decide(operation, 'approved');
      else await saysYes(operation, how);
      assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['succeeded', 0, 5000]);
      assert.deepEqual(await happened(), ['charge.captured', 'payment_intent.succeeded']);
      await assertHealthy(on);
      if (how !== 'person') {
        await assertReviewed(operation);
        await decide(operation, 'approved');
      }
      // It counts once, whoever says it again.
      assert.deepEqual(await happened(), []);
      const refused = await refusalOf(paymentIntents.cancel(id));
      assert.equal(refused.code, 'payment_intent_unexpected_state');
      present(bookingOf(), 'what the bank has').captured = 5000n;
      assert.equal((await refunds.create({ payment_intent: id })).status, 'succeeded');
      await assertHealthy(on);
    });
  }

  test('goes back by itself where its payment was canceled meanwhile', async () => {
    const { id, latest_charge } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.capture(id));
    assert.equal((await paymentIntents.cancel(id)).status, 'canceled');
    await happened();
    present(bookingOf(), 'what the bank has').captured = 5000n;
    const operation = await operationOf(id, 'capture');
    await saysYes(operation);
    await waitUntil('the money', PATIENCE_MS, async () => {
      const { data } = await refunds.list({ payment_intent: id });
      return data[0]?.status === 'succeeded';
    });
    assert.equal((await charges.retrieve(String(latest_charge))).refunded, true);
    assert.equal(await statusOf(id), 'canceled');
    assert.deepEqual(await happened(), ['charge.captured', 'refund.created', 'charge.refunded']);
    await assertReviewed(operation);
    await assertHealthy(on);
  });

  test('is what was taken where it is refused once more, since it was', async () => {
    const { id } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.capture(id));
    first.next.push(lostBefore);
    assert.equal((await paymentIntents.capture(id)).status, 'processing');
    const operation = await operationOf(id, 'capture');
    await saysYes(operation);
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['processing', 5000, 0]);
    await resolveUntil(async () => (await statusOf(id)) !== 'processing');
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['succeeded', 0, 5000]);
    await assertReviewed(operation);
    await assertHealthy(on);
  });

  test('is named until a person has got it back where another was made instead', async () => {
    const { id } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.capture(id));
    await paymentIntents.capture(id);
    const operation = await operationOf(id, 'capture');
    await saysYes(operation);
    await assertReviewed(operation);
    await assert.rejects(assertHealthy(on), APPROVED);
    await decide(operation, 'approved');
    await assert.rejects(assertHealthy(on), APPROVED);
    await decide(operation, 'reversed');
    await assertHealthy(on);
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['succeeded', 0, 5000]);
  });

  test('fits no line of a settlement where another was made instead, and fits one where it is booked', async () => {
    const { id } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.capture(id));
    first.next.push(lostAfter);
    assert.equal((await paymentIntents.capture(id)).status, 'processing');
    const operation = await operationOf(id, 'capture');
    await settle(operation);
    const heard = async (wanted: string) =>
      waitUntil('the line', PATIENCE_MS, async () => (await settledAs(operation)) === wanted);
    await waitUntil('the word', PATIENCE_MS, async () => {
      await settledAs(operation);
      return (await operationOf(id, 'capture')).state === 'approved';
    });
    // While the other is under way it may still come to nothing.
    assert.equal(await settledAs(operation), 'waiting');
    await resolveUntil(async () => (await statusOf(id)) === 'succeeded');
    await again();
    await heard('fits_nothing');
    const other = await operationOf(id, 'capture', 'last');
    await settle(other);
    await waitUntil('its line', PATIENCE_MS, async () => (await settledAs(other)) === 'fits');
    await assertReviewed(operation);
    await decide(operation, 'reversed');
    await explain();
    await assertHealthy(on);
  });

  test('fits its line where another comes to nothing while that is heard', async () => {
    const { id } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.capture(id));
    first.next.push(lostBefore);
    assert.equal((await paymentIntents.capture(id)).status, 'processing');
    const operation = await operationOf(id, 'capture');
    const other = await operationOf(id, 'capture', 'last');
    const { database } = context;
    const { read } = database;
    let isSaid = false;
    // Whoever hears it has just seen that nothing is booked of it.
    const readAndSay: typeof read = async (of, statement, values) => {
      const rows = await read<never>(of, statement, values);
      const isSeen =
        /expectations/.test(statement.name) && values?.flat().includes(operation.reference);
      if (isSeen && rows.length === 0 && !isSaid) {
        isSaid = true;
        await saysNo(other);
      }
      return rows;
    };
    Object.assign(database, { read: readAndSay });
    try {
      await settle(operation);
      await waitUntil('the line', PATIENCE_MS, async () => {
        await again();
        return (await settledAs(operation)) !== 'waiting';
      });
    } finally {
      Object.assign(database, { read });
    }
    assert.equal(isSaid, true);
    assert.equal(await settledAs(operation), 'fits');
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['succeeded', 0, 5000]);
    await assertReviewed(operation);
    await assertHealthy(on);
  });

  for (const what of ['refund', 'capture'] as const) {
    test(`waits for a person with its line though a ${what} does too`, async () => {
      const { id } = await held();
      first.next.push(declined);
      await refusalOf(paymentIntents.capture(id));
      if (what === 'refund') await paymentIntents.capture(id);
      first.next.push(lostBefore);
      if (what === 'refund') await refunds.create({ payment_intent: id });
      else await paymentIntents.capture(id);
      const open = await operationOf(id, what, 'last');
      await asOwner(
        on,
        `update rails.operations set state = 10, due_at = now() + interval '1 day' where id = $1`,
        [open.id],
      );
      const operation = await operationOf(id, 'capture');
      await settle(operation);
      await waitUntil('the line', PATIENCE_MS, async () => {
        await again();
        return (await settledAs(operation)) === 'fits_nothing';
      });
      await assertReviewed(operation);
      await decide(open, 'declined');
      if (what === 'refund') await decide(operation, 'reversed');
      await explain();
      await assertHealthy(on);
    });
  }
});

describe('a part that was refused and is approved after all', () => {
  const split = { payment_method_options: { card: { request_multicapture: 'if_available' } } };
  const takePart = (id: string) =>
    paymentIntents.capture(id, { amount_to_capture: 1000, final_capture: false });
  const captureOf = async (id: string, wanted: number) => {
    const all = await loadOfIntent(context, scope, uuid(id));
    const found = all.find(({ kind, ordinal }) => kind === 'capture' && ordinal === wanted);
    return present(found, `capture ${wanted}`);
  };
  const partsOf = async (id: string) => {
    const rows = await asOwner(
      on,
      `select part from books.entries
        where subject = (select id from payments.charges where intent_id = $1) order by part`,
      [uuid(id)],
    );
    return rows.map(({ part }) => part);
  };

  test('is booked beside one that was taken after it', async () => {
    const { id } = await held(split);
    await takePart(id);
    first.next.push(declined);
    await refusalOf(takePart(id));
    await takePart(id);
    const refused = await captureOf(id, 2);
    await saysYes(refused);
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), [
      'requires_capture',
      2000,
      3000,
    ]);
    await paymentIntents.capture(id);
    assert.deepEqual(await partsOf(id), [0, 1, 2, 3]);
    await assertReviewed(refused);
    await assertHealthy(on);
  });

  test('is booked while one that was begun after it is under way, and so is that one', async () => {
    const { id } = await held(split);
    await takePart(id);
    first.next.push(declined);
    await refusalOf(takePart(id));
    first.next.push(lostAfter);
    assert.equal((await takePart(id)).status, 'processing');
    const refused = await captureOf(id, 2);
    await saysYes(refused);
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['processing', 3000, 2000]);
    await resolveUntil(async () => (await statusOf(id)) !== 'processing');
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), [
      'requires_capture',
      2000,
      3000,
    ]);
    assert.deepEqual(await partsOf(id), [0, 1, 2]);
    await assertReviewed(refused);
    await assertHealthy(on);
  });

  test('is booked although it was tried before the first that was', async () => {
    const { id } = await held(split);
    first.next.push(declined, declined);
    await refusalOf(takePart(id));
    await refusalOf(takePart(id));
    await takePart(id);
    for (const ordinal of [2, 1]) {
      const refused = await captureOf(id, ordinal);
      await saysYes(refused);
      await assertReviewed(refused);
    }
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), [
      'requires_capture',
      2000,
      3000,
    ]);
    assert.deepEqual(await partsOf(id), [0, 1, 2]);
    await assertHealthy(on);
  });

  test('is booked with another such once what was begun after both comes to nothing', async () => {
    const { id } = await held(split);
    first.next.push(declined, declined);
    await refusalOf(takePart(id));
    await refusalOf(takePart(id));
    first.next.push(lostBefore);
    assert.equal((await paymentIntents.capture(id)).status, 'processing');
    for (const ordinal of [2, 1]) await saysYes(await captureOf(id, ordinal));
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['processing', 5000, 0]);
    await happened();
    await resolveUntil(async () => (await statusOf(id)) !== 'processing');
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), [
      'requires_capture',
      3000,
      2000,
    ]);
    assert.deepEqual(await happened(), [
      'charge.updated',
      'payment_intent.amount_capturable_updated',
    ]);
    assert.deepEqual(await partsOf(id), [0, 1]);
    await assertReviewed(await captureOf(id, 1));
    await assertHealthy(on);
    await paymentIntents.capture(id);
    assert.deepEqual(await partsOf(id), [0, 1, 2]);
    await assertHealthy(on);
  });

  test('takes no place of the books that one under way has, but the one that it leaves', async () => {
    const { id } = await held(split);
    const part = { amount_to_capture: 10, final_capture: false };
    first.next.push(declined, declined);
    await refusalOf(paymentIntents.capture(id, part));
    await refusalOf(paymentIntents.capture(id, part));
    for (let parts = 1; parts <= 255; parts += 1) await paymentIntents.capture(id, part);
    first.next.push(lostBefore);
    assert.equal((await paymentIntents.capture(id, part)).status, 'processing');
    for (const ordinal of [1, 2]) await saysYes(await captureOf(id, ordinal));
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['processing', 2450, 2550]);
    await resolveUntil(async () => (await statusOf(id)) !== 'processing');
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), [
      'requires_capture',
      2440,
      2560,
    ]);
    assert.equal((await partsOf(id)).length, 256);
    const refusal = await refusalOf(paymentIntents.capture(id, part));
    assert.deepEqual([refusal.statusCode, refusal.param], [400, 'amount_to_capture']);
    const left = await captureOf(id, 2);
    await assertReviewed(left);
    await assert.rejects(assertHealthy(on), APPROVED);
    await decide(left, 'reversed');
    await assertHealthy(on);
  });

  const takeBack = async (operation: Operation) => {
    const { id: operationId, amount, currency, reference } = operation;
    const heard = await recordEvidence(context, scope, {
      operationId,
      evidence: {
        kind: 'settlement_line',
        sourceKey: `taken back ${reference}`,
        says: { outcome: 'reversed', amount, currency, reference },
      },
      writes,
    });
    assert.equal(heard.ok, true);
  };

  test('is booked once what had its place comes to nothing, also beside one that its bank has taken back', async () => {
    const { id } = await held(split);
    await takePart(id);
    await takeBack(await captureOf(id, 1));
    first.next.push(declined);
    await refusalOf(takePart(id));
    first.next.push(lostBefore);
    assert.equal((await paymentIntents.capture(id)).status, 'processing');
    const refused = await captureOf(id, 2);
    await saysYes(refused);
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['processing', 4000, 1000]);
    await resolveUntil(async () => (await statusOf(id)) !== 'processing');
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), [
      'requires_capture',
      3000,
      2000,
    ]);
    // It counts once, whoever says it again.
    await decide(refused, 'approved');
    assert.deepEqual(await partsOf(id), [0, 1]);
    errors.length = 0;
    await assertHealthy(on);
  });

  test('is what was taken where another comes to nothing and nothing is held any more', async () => {
    const { id } = await held();
    first.next.push(declined);
    await refusalOf(paymentIntents.capture(id, { amount_to_capture: 3000 }));
    first.next.push(lostBefore);
    const other = await paymentIntents.capture(id, { amount_to_capture: 2000 });
    assert.equal(other.status, 'processing');
    const refused = await captureOf(id, 1);
    await saysYes(refused);
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['processing', 0, 3000]);
    await happened();
    await resolveUntil(async () => (await statusOf(id)) !== 'processing');
    assert.deepEqual(amountsOf(await paymentIntents.retrieve(id)), ['succeeded', 0, 3000]);
    assert.deepEqual(await happened(), ['charge.captured', 'payment_intent.succeeded']);
    await assertReviewed(refused);
    await assertHealthy(on);
  });
});
