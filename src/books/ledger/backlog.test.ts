// What comes after a day without a worker: a million entries that nobody has counted or sealed. Each step is to read
// what it counts, and not all that is still to come.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { booksSealingWith, sealBooks, takeSnapshots, verifyBooks } from '#books/ledger';
import { present } from '#kit/assert';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { temporaryFolder } from '../../kit/context/for-tests.ts';
import { analyzed, rowsReadBy } from '../../platform/db/for-tests-rows-read.ts';
import { checks } from './checks.ts';
import { settled } from './for-tests.ts';

const ENTRIES = 30_000;
/** Transactions of others in between, which posted nothing. */
const GAP = 5_000;
let context: TestContext;

// Each entry of a transaction of its own.
before(async () => {
  context = await testContext();
  const { accountId } = await testAccount(context);
  await asOwner(
    context.on,
    `insert into books.entries (position, posted_at, purpose, part, account_id, livemode, id, subject, currency,
                                accounts, amounts)
     select h.position + h.base + g + case when g > ${ENTRIES / 2} then ${GAP} else 0 end, now(), 1, 0,
            '${accountId}', false, (subject || '0100')::uuid, (subject || '0000')::uuid, 'eur', '{1,3}',
            array[g, -g]
       from books.horizon h, generate_series(1, ${ENTRIES}) g,
            lateral (select '019abcde-0000-7000-8000-' || lpad(to_hex(g), 8, '0') as subject) as named
      order by g`,
  );
  await asOwner(context.on, `update books.horizon set base = base + ${ENTRIES + GAP}`);
  await settled(context.on);
  await analyzed(context.on);
});

test('the first seal, and the first snapshot, read what lies near and not all that waits', async () => {
  const toSeal = await rowsReadBy(context, 'select books.next_seal_end(0, 256)');
  assert.ok(toSeal < ENTRIES / 5, `${toSeal} rows were read to find where a seal ends`);
  const toCount = await rowsReadBy(context, 'select books.take_snapshots(256)');
  assert.ok(toCount < ENTRIES / 5, `${toCount} rows were read to count 256 transactions`);
});

test('all that waits is counted and sealed, whatever lies in between', async () => {
  const sealing = booksSealingWith(Buffer.alloc(32, 7), `${temporaryFolder('books')}/anchors`);
  assert.equal(await takeSnapshots(context), BigInt(ENTRIES - 256));
  assert.equal(await sealBooks(context, sealing), ENTRIES);
  const { entries, problems } = await verifyBooks(context, sealing);
  assert.deepEqual({ entries, problems }, { entries: ENTRIES, problems: [] });
});

type Plan = {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly Plan[];
};

const mostSorted = (plan: Plan): number =>
  Math.max(
    plan['Node Type'] === 'Sort' ? plan['Actual Rows'] * plan['Actual Loops'] : 0,
    ...(plan.Plans ?? []).map(mostSorted),
  );

// Of ten million postings that is gigabytes on the disk.
test('to hold the snapshots against the entries, no more is sorted than there are snapshots', async () => {
  const along = checks.filter(({ name }) => name.startsWith('every snapshot'));
  assert.equal(along.length, 2);
  for (const { name, text } of along) {
    const explain = `explain (analyze, timing off, format json) ${text}`;
    const rows = (await asOwner(context.on, explain)) as {
      readonly 'QUERY PLAN': readonly { readonly Plan: Plan }[];
    }[];
    const plan = present(rows[0]?.['QUERY PLAN'][0]?.Plan, 'A plan');
    const sorted = mostSorted(plan);
    assert.ok(sorted < ENTRIES / 10, `${sorted} rows were sorted to see that ${name}`);
  }
});
