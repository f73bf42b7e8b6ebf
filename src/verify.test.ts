import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyKeys } from '#platform/idempotency';
import { asOwner, testDatabase } from './for-tests.ts';
import { allChecks } from './modules.ts';
import { countWithFirst, firstOf, showRow } from './verify.ts';

test('a row that differs is spelled so that a person can read it', () => {
  const day = new Date('2026-12-06T00:00:00Z');
  const problems = [{ kind: 'totals', ours: 4900n }];
  assert.equal(
    showRow({ day, problems, balance: -5n, note: null }, undefined),
    'day 2026-12-06T00:00:00.000Z, problems [{"kind":"totals","ours":"4900"}], balance -5, note null',
  );
});

// Of ten million rows one look for each is hours, and a table that is kept to look into knows no bound of memory.
test('no question looks into another table for each row: tables are compared as wholes', async () => {
  const on = await testDatabase();
  const looking: string[] = [];
  for (const { name, text } of allChecks()) {
    const plan = await asOwner(on, `explain ${text}`);
    if (plan.some((line) => String(Object.values(line)[0]).includes('SubPlan'))) looking.push(name);
  }
  assert.deepEqual(looking, []);
});

// With its details a charge is kilobytes: a million of them sorted are gigabytes on the disk.
test('what refunds and disputes sum to is summed before it meets the charges', async () => {
  const on = await testDatabase();
  const summed = allChecks().filter(({ name }) => /^a charge has (given back|lost)/.test(name));
  assert.equal(summed.length, 2);
  for (const { name, text } of summed) {
    const lines = (await asOwner(on, `explain ${text}`)).map((line) => String(line['QUERY PLAN']));
    const sum = lines.findIndex((line) => line.includes('Aggregate'));
    const charges = lines.findIndex((line) => line.includes(' on charges '));
    assert.ok(sum >= 0 && charges >= 0, lines.join('\n'));
    assert.doesNotMatch(subtreeOf(lines, sum).join('\n'), / on charges /, name);
  }
});

/** What stands deeper below a line. */
const subtreeOf = (lines: readonly string[], at: number): readonly string[] => {
  const depth = (line: string): number => line.search(/\S/);
  const below = lines.slice(at + 1);
  const end = below.findIndex((line) => depth(line) <= depth(lines[at] ?? ''));
  return end === -1 ? below : below.slice(0, end);
};

test('of what is wrong ten thousand times the first rows are fetched, and how many there are', async () => {
  const on = await testDatabase();
  const wrong = 'select g as n from generate_series(1, 10000) g order by g desc';
  assert.deepEqual(await asOwner(on, firstOf(wrong)), [
    { n: 10_000, rows_in_all: 10_000 },
    { n: 9_999, rows_in_all: 10_000 },
    { n: 9_998, rows_in_all: 10_000 },
  ]);
});

test('of what is wrong with a million stored answers the first are kept, and how many there are', async () => {
  const wrong = countWithFirst();
  const look = verifyKeys(() => Promise.resolve([]), Buffer.alloc(32, 7), wrong.note);
  const accountId = '00000000-0000-0000-0000-000000000001';
  for (let n = 0; n < 30_000; n += 1_000) {
    const told = Array.from({ length: 1_000 }, (_, at) => ({
      account_id: accountId,
      livemode: false,
      idempotency_key: `key ${n + at}`,
      request_id: `req_${n + at}`,
    }));
    // What a request did is told twice.
    await look(told);
    await look(told);
  }
  assert.equal(wrong.count(), 30_000);
  const gone = (n: number): string => `the answer to req_${n} is gone before its time`;
  assert.deepEqual(wrong.first, [gone(0), gone(1), gone(2)]);
});
