import type { Day } from '#books/calendars';
import type { Context, Row, Scope, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  insertRows,
  leaseDue,
  ownRows,
  rank,
  readOwn,
  spellTime,
  statement,
  updateRows,
  writeRows,
  writing,
} from '#platform/db';
import type { DayProblem } from './day-end.ts';

export type NextDay = {
  /** The connector account. */
  readonly id: Uuid;
  readonly version: number;
  /** Null until somebody has looked. */
  readonly day: Day | null;
  readonly begunAtMs: number | null;
  /** When that day is over; null where there is none to end. */
  readonly overAtMs: number | null;
  readonly failures: number;
  readonly problem: string | null;
  readonly dueAtMs: number;
};

const insertNextRow = insertRows({
  name: 'day_ends.insert',
  table: 'rails.day_ends',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', due_at: 'timestamptz' },
  key: 'id',
  rank: rank.insert,
  orNothing: true,
});

export const insertNextDay = writing(
  insertNextRow,
  (scope, { id, dueAtMs }: Pick<NextDay, 'id' | 'dueAtMs'>) => [
    scope.accountId,
    scope.livemode,
    id,
    spellTime(dueAtMs),
  ],
);

const updateNextRow = updateRows({
  name: 'day_ends.update',
  table: 'rails.day_ends',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    version: 'integer',
    next_day: 'date',
    begun_at: 'timestamptz',
    over_at: 'timestamptz',
    failures: 'integer',
    problem: 'text',
    due_at: 'timestamptz',
    leased_until: 'timestamptz',
  },
  set: ['next_day', 'begun_at', 'over_at', 'failures', 'problem', 'due_at', 'leased_until'],
});

/** `next.version` is the new one. Lost when another worker was first. */
export const updateNextDay = writing(updateNextRow, (scope, next: NextDay) => [
  scope.accountId,
  scope.livemode,
  next.id,
  next.version,
  next.day,
  spellTime(next.begunAtMs),
  spellTime(next.overAtMs),
  next.failures,
  next.problem,
  spellTime(next.dueAtMs),
  null,
]);

const nextColumns = `id, version, next_day::text as day, begun_at as "begunAtMs", over_at as "overAtMs", failures,
          problem, due_at as "dueAtMs"`;
const findNext = statement(
  'day_ends.find',
  `select ${nextColumns} from rails.day_ends where ${ownRows} and id = $3`,
);
const listNext = statement(
  'day_ends.list',
  `select ${nextColumns} from rails.day_ends where ${ownRows} and next_day is not null order by id`,
);

export const loadNextDay = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<NextDay | undefined> =>
  (await readOwn<Row & NextDay>(context, scope, findNext, [id]))[0];

export const loadNextDays = (
  context: Pick<Context, 'database'>,
  scope: Scope,
): Promise<NextDay[]> => readOwn<Row & NextDay>(context, scope, listNext);

export const leaseNextDays = leaseDue(
  'day_ends.lease',
  'select * from rails.lease_day_ends($1::timestamptz, $2, $3)',
);

const countEnds = statement(
  'day_ends.count',
  `select livemode, ended, differing, overdue
     from rails.count_day_ends($1::timestamptz, $2::timestamptz)`,
);

export type DayCounts = {
  readonly livemode: boolean;
  readonly ended: bigint;
  /** Not explained yet. */
  readonly differing: bigint;
  readonly overdue: bigint;
};

export const countDayEnds = (
  tx: Tx,
  since: { readonly endedAfterMs: number; readonly overBeforeMs: number },
): Promise<readonly DayCounts[]> =>
  tx.query<Row & DayCounts>(countEnds, [
    spellTime(since.endedAfterMs),
    spellTime(since.overBeforeMs),
  ]);

export type EndedDay = {
  readonly connectorAccountId: Uuid;
  readonly day: Day;
  readonly endedAtMs: number;
  readonly fileId: Uuid | null;
  readonly lines: number;
  readonly problems: readonly DayProblem[];
  readonly needsReview: boolean;
  readonly explanation: string | null;
};

const keyOf = ({ connectorAccountId, day }: Pick<EndedDay, 'connectorAccountId' | 'day'>): string =>
  `${connectorAccountId}/${day}`;

const insertEndedRow = insertRows({
  name: 'ended_days.insert',
  table: 'rails.ended_days',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    connector_account_id: 'uuid',
    day: 'date',
    key: 'text',
    ended_at: 'timestamptz',
    file_id: 'uuid',
    lines: 'integer',
    problems: 'json',
    needs_review: 'boolean',
  },
  key: 'key',
  rank: rank.insert,
});

export const insertEndedDay = writing(
  insertEndedRow,
  (scope, ended: Omit<EndedDay, 'explanation'>) => [
    scope.accountId,
    scope.livemode,
    ended.connectorAccountId,
    ended.day,
    keyOf(ended),
    spellTime(ended.endedAtMs),
    ended.fileId,
    ended.lines,
    JSON.stringify(ended.problems),
    ended.needsReview,
  ],
);

const explainRow = writeRows({
  name: 'ended_days.explain',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    key: 'text',
    explanation: 'text',
    explained_at: 'timestamptz',
  },
  key: 'key',
  rank: rank.update,
  text: (given) => `update rails.ended_days e
   set needs_review = false, explanation = given.explanation, explained_at = given.explained_at
  from ${given}
 where e.account_id = given.account_id and e.livemode = given.livemode and e.key = given.key
   and e.needs_review
returning e.key`,
});

/** Lost when nothing of that day waits for a person. */
export const explainEndedDay = writing(
  explainRow,
  (
    scope,
    given: Pick<EndedDay, 'connectorAccountId' | 'day'> & {
      readonly explanation: string;
      readonly atMs: number;
    },
  ) => [scope.accountId, scope.livemode, keyOf(given), given.explanation, spellTime(given.atMs)],
);

const endedColumns = `connector_account_id as "connectorAccountId", day::text as day,
          ended_at as "endedAtMs", file_id as "fileId", lines, problems,
          needs_review as "needsReview", explanation`;
const listEnded = statement(
  'ended_days.list',
  `select ${endedColumns} from rails.ended_days
    where ${ownRows} and (needs_review or not $3) order by day desc, connector_account_id limit $4`,
);
const findEnded = statement(
  'ended_days.find',
  `select ${endedColumns} from rails.ended_days
    where ${ownRows} and connector_account_id = $3 and day = $4::date`,
);

export const listEndedDays = (
  context: Pick<Context, 'database'>,
  scope: Scope,
  { onlyForPerson, limit }: { readonly onlyForPerson: boolean; readonly limit: number },
): Promise<EndedDay[]> =>
  readOwn<Row & EndedDay>(context, scope, listEnded, [onlyForPerson, limit]);

export const loadEndedDay = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  { connectorAccountId, day }: Pick<EndedDay, 'connectorAccountId' | 'day'>,
): Promise<EndedDay | undefined> =>
  (await readOwn<Row & EndedDay>(context, scope, findEnded, [connectorAccountId, day]))[0];
