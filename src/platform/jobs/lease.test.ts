import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import type { Row, Statement, Tx } from '#kit/context';
import { asOwner, type TestContext, testContext } from '../../for-tests.ts';
import { enqueueWith, lease } from './jobs.store.ts';

let context: TestContext;
before(async () => {
  context = await testContext();
});
beforeEach(async () => {
  await asOwner(context.on, 'delete from platform.jobs');
});

const queue = (...accounts: readonly (string | null)[]): Promise<void> =>
  context.database.system((tx) =>
    enqueueWith(
      context,
      tx,
      accounts.map((accountId) => ({ name: 'hold', payload: { accountId } })),
    ),
  );
const leaseWith = (tx: Tx, rooms: Readonly<Record<string, number>>, roomOfOthers: number) =>
  lease(tx, {
    nowMs: context.clock.now(),
    atMost: 10,
    leaseMs: 60_000,
    holder: null,
    waitedOut: [],
    rooms: new Map(Object.entries(rooms)),
    roomOfOthers,
  });
const leased = async (...asked: [Readonly<Record<string, number>>, number]): Promise<string[]> => {
  const jobs = await context.database.system((tx) => leaseWith(tx, ...asked));
  return jobs.map(({ payload }) => String(payload['accountId'] ?? 'none')).sort();
};

test('Jobs of accounts that have no room are left, and all others and those of no account are leased', async () => {
  await queue('full', 'full', 'open', 'open', 'other', 'other', 'other', null, null);
  assert.deepEqual(await leased({ full: 0, open: 1 }, 2), 'none none open other other'.split(' '));
});

test('Where others have no room, those of accounts that have are leased, and those of no account', async () => {
  await queue('full', 'open', 'open', 'other', 'other', null, null);
  assert.deepEqual(await leased({ full: 0, open: 1 }, 0), ['none', 'none', 'open']);
  assert.deepEqual(await leased({}, 0), []);
});

test('Many that have no room hide nobody behind them', async () => {
  const full = Array.from({ length: 300 }, (_, n) => `full ${n}`);
  await queue(...full, 'open');
  const rooms = Object.fromEntries(full.map((account) => [account, 0]));
  assert.deepEqual(await leased(rooms, 10), ['open']);
});

// One by one, five thousand accounts of twenty thousand jobs took a second, at each end of a job.
test('Whose jobs are left is looked up by hash, whatever is planned', async () => {
  const explain = (tx: Tx): Tx => ({
    query: async <R extends Row>({ text }: Statement, values: readonly unknown[] = []) => {
      await tx.query({ name: '', text: `prepare asked as ${text}` });
      const plan = await tx.query<R>({
        name: '',
        text: `explain (costs off) execute asked(${values.map(spelled).join(', ')})`,
      });
      await tx.query({ name: '', text: 'deallocate asked' });
      return plan;
    },
  });
  await queue(...Array.from({ length: 600 }, (_, n) => `account ${n}`));
  await asOwner(context.on, 'analyze platform.jobs');
  const rooms = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`account ${n}`, 0]));
  for (const mode of ['force_generic_plan', 'force_custom_plan']) {
    for (const joins of ['on', 'off']) {
      const plan = await context.database.system(async (tx) => {
        await tx.query({
          name: '',
          text: `set local plan_cache_mode = ${mode}; set local enable_hashjoin = ${joins}`,
        });
        return JSON.stringify(await leaseWith(explain(tx), rooms, 10));
      });
      assert.match(plan, /accountId'[^"]*hashed SubPlan/, `${mode}, hash joins ${joins}`);
    }
  }
});

const spelled = (value: unknown): string => {
  if (value === null) return 'null';
  return `'${Array.isArray(value) ? `{${value.map((each) => `"${each}"`).join(',')}}` : String(value)}'`;
};
