// Merchants who do anything, in any order, with their payments, while the bank loses answers and days go by: what
// the API says is what the model allows, and at the end the bank's journal tells the same story.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFull, runs, seed } from '../support/full.ts';
import { openSides } from '../support/sides.ts';
import type { WalksSide } from './walks.ts';

const WALKS = runs(2, 200);
const STEPS = 60;
/** Whoever commits goes the same ways as before; new ones are for the long runs, and for whoever names a seed. */
const SEED = isFull || process.env['TEST_SEED'] !== undefined ? seed : 61;
/** Between the seeds of two parts, of which each has walks of its own. */
const APART = 100_000;

const sides = await openSides<WalksSide>(new URL('./walks.ts', import.meta.url));

test(`${WALKS} walks of ${STEPS} steps, TEST_SEED=${SEED}`, async (t) => {
  const walks = Math.ceil(WALKS / sides.count);
  const walked = await sides.ask('go', (index) => ({
    seed: SEED + index * APART,
    walks,
    steps: STEPS,
  }));
  for (const { steps, payments } of walked) {
    t.diagnostic(`${steps} steps with ${payments} payments`);
    assert.ok(payments > 0);
  }
});
