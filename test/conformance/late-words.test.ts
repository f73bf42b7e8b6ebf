// Banks that say yes after a no, to what follows an authorization: heard by a webhook, of a settlement, or from a person.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { present } from '#kit/assert';
import { newUuid, parseId } from '#kit/ids';
import { explainLine, heardBy, listLines } from '#rails/connectors';
import {
  type Change,
  decideByPerson,
  loadForPerson,
  loadOfIntent,
  type Operation,
  type PersonSays,
  recordEvidence,
} from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { operationListeners } from '../../src/modules.ts';
import {
  lostAfter,
  lostBefore,
  notSent,
  says,
  testBank,
} from '../../src/payments/intents/for-tests-bank.ts';
import { releaseHeld } from '../../src/payments/intents/release-charge.ts';
import { hearOfSettlements } from '../../src/rails/connectors/hear-of-settlements.ts';
import { insertLine } from '../../src/rails/connectors/settlement-lines.store.ts';
import { assertHealthy } from '../support/health.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';
import { openTwoBanks } from '../support/two-banks.ts';
import { waitUntil } from '../support/writers.ts';

const { gateway, merchant, stripe, first, happened, held, statusOf, resolveUntil, bookingOf } =
  await openTwoBanks();
const { paymentIntents, charges, refunds } = stripe;
const { context, on, errors } = gateway;
const { scope } = merchant;
const PATIENCE_MS = 60_000;

const uuid = (id: string): string => present(parseId('pi', id), id);
const writes = (change: Change) => heardBy(operationListeners, context, scope, change);
const operationOf = async (id: string, kind: string, which: 'first' | 'last' = 'first') => {
  const all = await loadOfIntent(context, scope, uuid(id));
  const ofKind = all.filter((each) => each.kind === kind);
  return present(which === 'first' ? ofKind[0] : ofKind.at(-1), `its ${kind}`);
};
/** What its bank has refused is held there all the same. */
const takenAfterAll = async (id: string): Promise<Operation> => {
  const older = await operationOf(id, 'authorize');
  const { amount } = older;
  const holds = { kind: 'authorize', amount, captured: 0n, refunded: 0n, isVoided: false } as const;
  first.book.set(older.reference, holds);
  return older;
};
/** The bank says yes to what it had refused. */
const saysYes = async (
  { id: operationId, amount, currency, reference }: Operation,
  kind: 'webhook' | 'settlement_line' = 'webhook',
) => {
  const heard = await recordEvidence(context, scope, {
    operationId,
    evidence: {
      kind,
      sourceKey: `late word of ${reference}`,
      says: { outcome: 'approved', amount, currency, reference },
    },
    writes,
  });
  assert.equal(heard.ok, true);
};
const saysNo = async ({ id: operationId, reference }: Operation) => {
  const heard = await recordEvidence(context, scope, {
    operationId,
    evidence: {
      kind: 'webhook',
      sourceKey: `no to ${reference}`,
      says: { outcome: 'declined', code: 'generic_decline' },
    },
    writes,
  });
  assert.equal(heard.ok, true);
};
const decide = async ({ id: operationId }: Operation, word: PersonSays) => {
  const why = 'seen at the bank';
  const said = await decideByPerson(context, scope, { operationId, says: word, why, writes });
  assert.equal(said.ok, true);
};
const declined = says({ outcome: 'declined', code: 'generic_decline' });
const amountsOf = ({ status, amount_capturable, amount_received }: Stripe.PaymentIntent) => [
  status,
  amount_capturable,
  amount_received,
];
/** A settlement names it; what is said of that line once it was heard. */
const settle = async ({ connectorAccountId, reference, amount, currency }: Operation) => {
  const named = {
    key: `settled ${reference}`,
    kind: 'payment',
    reference,
    providerId: null,
  } as const;
  const money = { currency, gross: amount, fee: 0n, net: amount };
  const rest = { bookedAtMs: 0, availableOn: null, batch: null, raw: {} };
  const row = { ...named, ...money, ...rest };
  const received = { receivedAtMs: context.clock.now() - 1000, state: 'waiting' } as const;
  const line = { id: newUuid(context), connectorAccountId, row, ...received };
  await context.database.commit(scope, [insertLine(scope, line)]);
};
const settledAs = async ({ reference }: Operation) => {
  await hearOfSettlements(gateway.rails.parts, context);
  const lines = await listLines(context, scope, { onlyForPerson: false, limit: 100 });
  return present(
    lines.find(({ row }) => row.reference === reference),
    'its line',
  ).state;
};
const again = () =>
  asOwner(
    on,
    `update rails.settlement_lines set due_at = now() - interval '1 second', leased_until = null
      where due_at is not null`,
  );
const explain = async () => {
  const [line] = await listLines(context, scope, { onlyForPerson: true, limit: 1 });
  const explanation = { id: present(line, 'the line').id, explanation: 'got back', atMs: 0 };
  await context.database.commit(scope, [explainLine(scope, explanation)]);
};
/** What waits for a person is said in the log. */
const assertReviewed = async (operation: Operation) => {
  const waiting = await loadForPerson(context, scope, { alsoUnknown: false, limit: 100 });
  assert.ok(waiting.some(({ id }) => id === operation.id));
  assert.ok(errors.length > 0);
  errors.length = 0;
};
const APPROVED = /Not healthy: what is captured was approved by operations/;

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

describe('what an earlier version left', () => {
  const migrate = async () => {
    const name = '../../src/payments/intents/migrations/0010-late-words.sql';
    await asOwner(on, await readFile(new URL(name, import.meta.url), 'utf8'));
  };
  const over = (id: string) =>
    asOwner(
      on,
      `update payments.charges set details = (details::jsonb || '{"isCaptureOver": true}')::json
        where intent_id = $1`,
      [uuid(id)],
    );

  test('of captures is booked', async () => {
    const { id } = await held();
    const { id: other } = await held();
    await paymentIntents.capture(other);
    first.next.push(declined);
    await refusalOf(paymentIntents.capture(id));
    const operation = await operationOf(id, 'capture');
    const { amount, currency, reference } = operation;
    await recordEvidence(context, scope, {
      operationId: operation.id,
      evidence: { kind: 'webhook', says: { outcome: 'approved', amount, currency, reference } },
    });
    await assert.rejects(assertHealthy(on), APPROVED);
    assert.equal(await statusOf(id), 'requires_capture');
    await migrate();
    await waitUntil('the booking', PATIENCE_MS, async () => (await statusOf(id)) === 'succeeded');
    // It may be looked at as often as one likes.
    await migrate();
    await assertReviewed(operation);
    await assertHealthy(on);
  });

  test('of cancellations is ended, and was not called healthy', async () => {
    const { id: idle } = await held();
    const { id: stuck } = await held();
    await over(idle);
    await assert.rejects(assertHealthy(on), /what can be captured of an intent/);
    await over(stuck);
    await asOwner(
      on,
      `update payments.intents set status = 4, due_at = null,
              details = (details::jsonb || '{"doing": "void"}')::json where id = $1`,
      [uuid(stuck)],
    );
    await assert.rejects(
      assertHealthy(on, ['what can be captured of an intent is what its charge holds']),
      /a payment that is under way/,
    );
    assert.equal((await paymentIntents.cancel(idle)).status, 'canceled');
    await migrate();
    await waitUntil('the end', PATIENCE_MS, async () => (await statusOf(stuck)) === 'canceled');
    await assertHealthy(on);
  });

  test('and cannot be let go of for now is not tried without a pause', async () => {
    const { id } = await held();
    // Another is alive, and nobody reviews it.
    await asOwner(
      on,
      `insert into rails.operations
       select (jsonb_populate_record(o, jsonb_build_object('id', $2::uuid, 'kind', 4, 'attempt', 9, 'state', 10,
               'reference', 'other', 'provider_key', 'other', 'due_at', now() + interval '1 day'))).*
         from rails.operations o where o.intent_id = $1`,
      [uuid(id), newUuid(context)],
    );
    const overdue = async (set: string) => {
      const [row] = await asOwner(
        on,
        `update payments.intents set ${set} where id = $1 returning due_at > now() as later`,
        [uuid(id)],
      );
      return row?.['later'] === true;
    };
    await overdue("due_at = now() - interval '1 second'");
    await waitUntil('a pause', PATIENCE_MS, () => overdue('due_at = due_at'));
    assert.equal(await statusOf(id), 'requires_capture');
    await asOwner(on, `delete from rails.operations where intent_id = $1 and kind = 4`, [uuid(id)]);
  });

  test('of cancellations is ended by itself where nobody asks', async () => {
    const { id } = await held();
    await over(id);
    await migrate();
    await waitUntil('the end', PATIENCE_MS, async () => (await statusOf(id)) === 'canceled');
    await assertHealthy(on);
  });
});

describe('what is held and to be taken', async () => {
  const support = { recovery: [{ class: 'B' as const }], timeoutMs: 5_000 };
  const bank = testBank('two_steps', {
    operations: { authorize: support, capture: support, void: support, refund: support },
  });
  const shop = await openShop([bank]);

  test('ends when the account of its provider was deleted', async () => {
    bank.next.push((_call, truth) => truth(), notSent);
    const { id, status } = await shop.stripe.paymentIntents.create({
      amount: 5000,
      currency: 'eur',
      confirm: true,
      payment_method: 'pm_card_visa',
    });
    assert.equal(status, 'processing');
    const { key } = shop.merchant;
    const list = await shop.gateway.ask('GET', '/v1/connector_accounts', { key });
    const account = (list.body as { data: { id: string }[] }).data[0]?.id;
    await shop.gateway.ask('DELETE', `/v1/connector_accounts/${account}`, { key });
    const due = (what: string) =>
      asOwner(
        shop.gateway.on,
        `update payments.${what} where ${what.startsWith('intents') ? 'id' : 'intent_id'} = $1`,
        [uuid(id)],
      );
    const doing = async () => {
      const [row] = await asOwner(
        shop.gateway.on,
        `select details->>'doing' as doing from payments.intents where id = $1`,
        [uuid(id)],
      );
      return row?.['doing'];
    };
    await due("intents set due_at = now() - interval '1 second'");
    await waitUntil('its end to begin', PATIENCE_MS, async () => (await doing()) === 'void');
    const operations = await loadOfIntent(shop.gateway.context, shop.merchant.scope, uuid(id));
    assert.equal(operations.filter(({ kind }) => kind === 'capture').length, 2);
    // Its days are over, and its bank lets go of it.
    await due(`charges set details = (details::jsonb || '{"captureBeforeMs": 1000}')::json`);
    await shop.resolveUntil(
      async () => (await shop.stripe.paymentIntents.retrieve(id)).status === 'canceled',
    );
    await assertHealthy(shop.gateway.on);
  });
});
