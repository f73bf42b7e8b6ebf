// A movement of money has one moment, whatever is written of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newUuid } from '#kit/ids';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import type { Charge } from './charge.ts';
import { bookMovement } from './postings.ts';

// The last millisecond of a Friday; with the next the weekend begins.
const BEFORE_MIDNIGHT_MS = Date.parse('2026-01-16T23:59:59.999Z');

for (const kind of ['capture', 'refund'] as const) {
  test(`of a ${kind} around midnight its day, its moment and what is shown are of one reading`, async () => {
    // Every reading is a millisecond later than the one before.
    let nowMs = BEFORE_MIDNIGHT_MS;
    const clock = { ...manualClock(), now: () => nowMs++ };
    const context = await testContext({ clock });
    const scope = await testAccount(context);
    const charge = {
      captured: 900n,
      currency: 'eur',
      connectorAccountId: newUuid(context),
      description: null,
      method: { type: 'card', card: null },
    } as unknown as Charge;
    const subject = newUuid(context);
    nowMs = BEFORE_MIDNIGHT_MS;
    const booked = await bookMovement(context, scope, {
      kind,
      charge,
      subject,
      reference: 'TG1',
      amount: 900n,
    });
    assert.deepEqual(await context.database.commit(scope, booked.writes), { ok: true });
    const [stored] = await asOwner(
      context.on,
      `select e.posted_at = x.expected_at as together, x.value_date::text as day,
              coalesce((e.available_at at time zone 'UTC')::date = x.value_date, true) as on_its_day,
              floor(extract(epoch from e.posted_at))::int as posted
         from books.entries e, books.expectations x`,
    );
    const [shown] = Object.values(booked.shown()) as { created: number }[];
    assert.deepEqual(stored, {
      together: true,
      day: '2026-01-20',
      on_its_day: true,
      posted: shown?.created,
    });
  });
}
