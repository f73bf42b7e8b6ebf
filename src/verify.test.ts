import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showRow } from './verify.ts';

test('a row that differs is spelled so that a person can read it', () => {
  const day = new Date('2026-12-06T00:00:00Z');
  const problems = [{ kind: 'totals', ours: 4900n }];
  assert.equal(
    showRow({ day, problems, balance: -5n, note: null }, undefined),
    'day 2026-12-06T00:00:00.000Z, problems [{"kind":"totals","ours":"4900"}], balance -5, note null',
  );
});
