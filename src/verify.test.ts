import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOwner, testDatabase } from './for-tests.ts';
import { allChecks } from './modules.ts';
import { firstOf, showRow } from './verify.ts';

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

test('of what is wrong ten thousand times the first rows are fetched, and how many there are', async () => {
  const on = await testDatabase();
  const wrong = 'select g as n from generate_series(1, 10000) g order by g desc';
  assert.deepEqual(await asOwner(on, firstOf(wrong)), [
    { n: 10_000, rows_in_all: 10_000 },
    { n: 9_999, rows_in_all: 10_000 },
    { n: 9_998, rows_in_all: 10_000 },
  ]);
});
