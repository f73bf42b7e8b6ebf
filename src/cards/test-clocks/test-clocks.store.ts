import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import { type ClockStatus, clockStatuses, type TestClock } from './test-clock.ts';

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  events: 'integer',
  deleted: 'boolean',
  name: 'text',
  frozen_time: 'bigint',
  target_time: 'bigint',
  status: 'smallint',
} as const;

const insertRow = insertRows({
  name: 'test_clocks.insert',
  table: 'cards.test_clocks',
  columns: types,
  key: 'id',
  rank: rank.insert,
});

// Only from the version that was read, and never one that was deleted.
const updateRow = writeRows({
  name: 'test_clocks.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update cards.test_clocks c
   set version = given.version, events = given.events, deleted = given.deleted, name = given.name,
       frozen_time = given.frozen_time, target_time = given.target_time, status = given.status
  from ${given}
 where (c.account_id, c.livemode, c.id) = (given.account_id, given.livemode, given.id)
   and c.version = given.version - 1 and not c.deleted
returning c.id::text as key`,
});

const toRow = (scope: Scope, clock: TestClock): unknown[] => [
  scope.accountId,
  scope.livemode,
  clock.id,
  clock.version,
  clock.events,
  clock.deleted,
  clock.name,
  clock.frozenTime,
  clock.targetTime,
  clockStatuses[clock.status],
];

export const insertTestClock = (scope: Scope, clock: TestClock): Write => ({
  into: insertRow,
  row: toRow(scope, clock),
});

/** `clock.version` is the new one. */
export const updateTestClock = (scope: Scope, clock: TestClock): Write => ({
  into: updateRow,
  row: toRow(scope, clock),
});

type ClockRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly events: number;
  readonly deleted: boolean;
  readonly name: string | null;
  readonly frozen_time: bigint;
  readonly target_time: bigint | null;
  readonly status: number;
};

const names = Object.keys(clockStatuses) as ClockStatus[];

const fromRow = (row: ClockRow): TestClock => ({
  id: row.id,
  version: row.version,
  events: row.events,
  deleted: row.deleted,
  name: row.name,
  frozenTime: Number(row.frozen_time),
  targetTime: row.target_time === null ? null : Number(row.target_time),
  status: names.find((name) => clockStatuses[name] === row.status) ?? 'internal_failure',
});

const columns = 'id, version, events, deleted, name, frozen_time, target_time, status';
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'test_clocks.find',
  `select ${columns} from cards.test_clocks where ${ownRows} and id = any($3::uuid[])`,
);
const listing = {
  older: statement(
    'test_clocks.older',
    `select ${columns} from cards.test_clocks
      where ${ownRows} and not deleted and ($3::uuid is null or id < $3) order by id desc limit $4`,
  ),
  newer: statement(
    'test_clocks.newer',
    `select ${columns} from cards.test_clocks
      where ${ownRows} and not deleted and ($3::uuid is null or id > $3) order by id limit $4`,
  ),
};

export const loadTestClocks = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, TestClock>> => {
  const of = [scope.accountId, scope.livemode, ids];
  const rows = await context.database.read<ClockRow>(scope, findMany, of);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const listTestClockRows = async (
  context: Context,
  scope: Scope,
  page: {
    readonly direction: 'older' | 'newer';
    readonly from: Uuid | null;
    readonly limit: number;
  },
): Promise<TestClock[]> => {
  const of = [scope.accountId, scope.livemode, page.from, page.limit];
  return (await context.database.read<ClockRow>(scope, listing[page.direction], of)).map(fromRow);
};
