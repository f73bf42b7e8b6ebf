import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { uuidAt } from '#kit/ids';
import { dayOfOriginal } from './clearing-entry.ts';

describe('a movement that nobody heard of until it was reversed', () => {
  const moved = '2027-01-04T09:00:00Z';
  const table: readonly (readonly [string, string, string, string | null, string])[] = [
    // what, its message, the host's day at the reversal, the moved time of its message, the day it is counted on
    ['on the same day', '2026-11-29', '2026-11-29', null, '2026-11-29'],
    ['two days before', '2026-11-27', '2026-11-29', null, '2026-11-27'],
    ['over a midnight', '2026-11-29', '2026-11-30', null, '2026-11-29'],
    ['at a host behind us', '2026-11-30', '2026-11-29', null, '2026-11-29'],
    ['at a host that was moved', '2026-11-29', '2027-01-04', moved, '2027-01-04'],
    ['there, the day before', '2026-11-28', '2027-01-05', moved, '2027-01-04'],
    [
      'at one that was moved by a day',
      '2026-11-29',
      '2026-11-30',
      '2026-11-30T09:00:00Z',
      '2026-11-30',
    ],
    [
      'at one that was moved in between',
      '2026-11-29',
      '2027-01-04',
      '2026-11-30T09:00:00Z',
      '2026-11-30',
    ],
    ['at one that was moved only then', '2026-11-29', '2027-01-04', null, '2026-11-29'],
  ];
  for (const [what, originalDay, businessDay, movedTo, expected] of table) {
    test(`is counted on its own day: ${what}`, () => {
      const firstSentAtMs = Date.parse(`${originalDay}T09:00:00Z`);
      const id = uuidAt(movedTo === null ? firstSentAtMs : Date.parse(movedTo));
      const operation = { id, firstSentAtMs };
      assert.equal(dayOfOriginal({ originalDay, businessDay, operation }), expected);
    });
  }
});
