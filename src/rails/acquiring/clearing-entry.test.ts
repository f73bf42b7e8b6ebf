import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dayOfOriginal } from './clearing-entry.ts';

describe('a movement that nobody heard of until it was reversed', () => {
  const table: readonly (readonly [string, string, string, string, string])[] = [
    // what, its message, the host's day at the reversal, our time then, the day it is counted on
    ['on the same day', '2026-11-29', '2026-11-29', '2026-11-29T09:00:00Z', '2026-11-29'],
    ['two days before', '2026-11-27', '2026-11-29', '2026-11-29T09:00:00Z', '2026-11-27'],
    ['over a midnight', '2026-11-29', '2026-11-30', '2026-11-29T23:59:59Z', '2026-11-29'],
    ['at a host behind us', '2026-11-30', '2026-11-29', '2026-11-30T00:00:01Z', '2026-11-29'],
    ['at a host that was moved', '2026-11-29', '2027-01-04', '2026-11-29T09:00:00Z', '2027-01-04'],
    ['there, the day before', '2026-11-28', '2027-01-04', '2026-11-29T09:00:00Z', '2027-01-03'],
  ];
  for (const [what, originalDay, businessDay, now, expected] of table) {
    test(`is counted on its own day: ${what}`, () =>
      assert.equal(dayOfOriginal({ originalDay, businessDay, nowMs: Date.parse(now) }), expected));
  }
});
