// Amounts and currencies of every shape: taken to the last unit, or refused with the reason, and never an
// error of ours.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runs, seed } from '../support/full.ts';
import { openSides } from '../support/sides.ts';
import type { AmountsSide } from './amounts.ts';

const PAYMENTS = runs(400, 1_000_000);
/** Between the seeds of two parts, of which each has blocks of its own. */
const APART = 100_000;

const sides = await openSides<AmountsSide>(new URL('./amounts.ts', import.meta.url));

test(`${PAYMENTS} generated amounts are taken as they are, or refused`, async (t) => {
  const count = Math.ceil(PAYMENTS / sides.count);
  const counted = await sides.ask('payAll', (index) => ({ count, seed: seed + index * APART }));
  for (const { paid, refused } of counted) {
    t.diagnostic(`${paid} paid, ${refused} refused`);
    assert.ok(paid > 0 && refused > 0);
  }
});
