import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Scope } from '#kit/context';
import { connectionSettings, databaseWith } from './for-tests.ts';
import { byKeys } from './own-rows.ts';
import { createPool, type Pool } from './pool.ts';
import { createReads, type Reads } from './reads.ts';
import { statement } from './write.ts';

const [first, second, third] = [1, 2, 3].map((n) => `01a22392-6e6c-7000-b9aa-00000000000${n}`);
const mine: Scope = { accountId: '01a22392-6e6c-7000-b9aa-72c821f29495', livemode: false };
const live: Scope = { ...mine, livemode: true };

// The moment tells which were answered by one statement.
const found = `select v as id, clock_timestamp()::text as at, current_setting('app.livemode') as live
  from unnest($3::uuid[]) v where $1::uuid is not null and $2::boolean is not null`;
const byId = byKeys('test.by_id', found);
const whatever = statement('test.whatever', found);
type Found = { readonly id: string; readonly at: string; readonly live: string };

let pool: Pool;
let reads: Reads;
before(async () => {
  const database = await databaseWith([]);
  pool = createPool({ ...connectionSettings(database.ownerUrl), size: 2, waitTimeoutMs: 5_000 });
  reads = createReads(pool);
});
after(() => pool.close());

const ask = (scope: Scope, ids: readonly (string | undefined)[], by = byId): Promise<Found[]> =>
  reads<Found>(scope, by, [scope.accountId, scope.livemode, ids]);

test('Those who ask for different rows by their keys are answered by one statement, each with its own', async () => {
  const told = await Promise.all([
    ask(mine, [first]),
    ask(mine, [second, first]),
    ask(mine, []),
    ask(mine, [third]),
  ]);
  assert.deepEqual(
    told.map((rows) => rows.map(({ id }) => id).toSorted()),
    [[first], [first, second], [], [third]],
  );
  const [[one], , , [other]] = told as [Found[], Found[], Found[], Found[]];
  const moments = told.flat().map(({ id, at }) => [id, at] as const);
  assert.equal(new Set(moments.map(([id, at]) => `${id} ${at}`)).size, 3, 'each row was read once');
  assert.ok(one && other);
});

test('Those of another account or mode are answered by another statement', async () => {
  const [test1, live1] = await Promise.all([ask(mine, [first]), ask(live, [first])]);
  assert.deepEqual([test1[0]?.live, live1[0]?.live], ['off', 'on']);
});

test('A statement that does not say by which keys it finds is asked as often as its values differ', async () => {
  const [one, both] = await Promise.all([
    ask(mine, [first], whatever),
    ask(mine, [first, second], whatever),
  ]);
  assert.deepEqual([one.length, both.length], [1, 2]);
});

test('Of several who ask by keys, only the one whose key is none is refused', async () => {
  const told = await Promise.allSettled([
    ask(mine, [first]),
    ask(mine, ['none']),
    ask(mine, [second]),
  ]);
  assert.deepEqual(
    told.map((each) => (each.status === 'fulfilled' ? each.value[0]?.id : each.reason.code)),
    [first, '22P02', second],
  );
});
