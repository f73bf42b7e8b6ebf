// Two workers whose clocks stand in two periods, as while a clock is moved, run one periodic job at one
// moment; and a job that takes longer than its period meets itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '#kit/context';
import { asOwner } from '../src/for-tests.ts';
import { modules } from '../src/modules.ts';
import { startGatewayHere, temporaryData } from './support/gateway.ts';
import { stripeFor } from './support/stripe.ts';

const folder = temporaryData();
const first = await startGatewayHere({ folder });
const second = await startGatewayHere({ on: first.on, folder });
const jobs = modules.flatMap((module) => module.periodicJobs ?? []);

const at = (context: Context, ms: number): Context => ({
  ...context,
  clock: { ...context.clock, now: () => ms },
});

test('a periodic job that runs four times at one moment does its work once, and fails nowhere', async () => {
  const stripe = stripeFor(first.port, (await first.merchant()).key);
  await Promise.all([1, 2, 3].map((n) => stripe.customers.create({ name: `Customer ${n}` })));
  assert.ok(jobs.length > 8, 'All modules are asked.');
  for (let year = 2041; year < 2045; year += 1) {
    for (const job of jobs) {
      const there = [first, second, first, second].map(({ context }, n) =>
        at(context, Date.UTC(year, 5 * (n % 2), 1)),
      );
      await Promise.all(there.map((context) => job.run(context)));
    }
  }
  const made = await asOwner(
    first.on,
    `select count(*)::int as tables from pg_class
      where relname ~ '^(events|entries)_204[1-4]_(0[1-4]|0[6-9])$' and relispartition`,
  );
  assert.deepEqual(made, [{ tables: 2 * 4 * 8 }]);
});
