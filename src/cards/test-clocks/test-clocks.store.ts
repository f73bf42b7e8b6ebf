import type { Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findByIds,
  insertRows,
  listPages,
  namesByCode,
  rank,
  updateRows,
  writing,
} from '#platform/db';
import { clockStatuses, type TestClock } from './test-clock.ts';

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

const updateRow = updateRows({
  name: 'test_clocks.update',
  table: 'cards.test_clocks',
  columns: types,
  set: ['events', 'deleted', 'name', 'frozen_time', 'target_time', 'status'],
  where: 'not kept.deleted',
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

export const insertTestClock = writing(insertRow, toRow);

/** `clock.version` is the new one. */
export const updateTestClock = writing(updateRow, toRow);

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

const statusOf = namesByCode(clockStatuses);

const fromRow = (row: ClockRow): TestClock => ({
  id: row.id,
  version: row.version,
  events: row.events,
  deleted: row.deleted,
  name: row.name,
  frozenTime: Number(row.frozen_time),
  targetTime: row.target_time === null ? null : Number(row.target_time),
  status: statusOf.get(row.status) ?? 'internal_failure',
});

const stored = {
  select: 'id, version, events, deleted, name, frozen_time, target_time, status',
  from: 'cards.test_clocks',
  fromRow,
};

export const loadTestClocks = findByIds({ name: 'test_clocks.find', ...stored });

export const listTestClockRows = listPages({
  name: 'test_clocks.list',
  ...stored,
  where: 'not deleted',
});
