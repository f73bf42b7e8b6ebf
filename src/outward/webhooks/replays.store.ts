// A time range that is told again, with what nobody owed because its endpoint was disabled. It is noted with the answer
// that promises it; workers then ask for its deliveries piece by piece, oldest first.

import type { Context, Scope, Write } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { newUuid, type Uuid, uuidAt, uuidMs } from '#kit/ids';
import { ownRows, rank, readOwn, spellTime, statement, writeRows } from '#platform/db';
import type { EventKinds } from '#platform/events';
import type { Endpoint } from './endpoint.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** What is older may have been told, and its delivery be forgotten since. */
const SURE_DAYS = 28;

export type Replay = {
  readonly endpointId: Uuid;
  readonly from: Uuid;
  readonly before: Uuid;
  readonly alsoDelivered: boolean;
  /** These kinds of events are told of this part if they were handed on while the endpoint was disabled. */
  readonly missed: {
    readonly codes: readonly number[];
    readonly from: Uuid;
    readonly before: Uuid;
  } | null;
};

/** With what its endpoint wants of what nobody owed it. Before it was made nothing was its own. */
export const replayOf = (
  { clock }: Pick<Context, 'clock'>,
  kinds: EventKinds,
  { id, events }: Pick<Endpoint, 'id' | 'events'>,
  range: Pick<Replay, 'from' | 'before' | 'alsoDelivered'>,
): Replay => {
  const fromMs = Math.max(uuidMs(range.from), uuidMs(id), clock.now() - SURE_DAYS * DAY_MS);
  const from = uuidAt(fromMs);
  if (from >= range.before) return { ...range, endpointId: id, missed: null };
  const codes = kinds.all
    .filter(({ type }) => events === null || events.includes(type))
    .map(({ code }) => code);
  return { ...range, endpointId: id, missed: { codes, from, before: range.before } };
};

const insertReplay = writeRows({
  name: 'replays.insert',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    endpoint_id: 'uuid',
    next_id: 'uuid',
    before_id: 'uuid',
    also_delivered: 'boolean',
    codes: 'text',
    owed_from: 'uuid',
    owed_before: 'uuid',
  },
  key: 'id',
  rank: rank.insert,
  losesByConflict: true,
  text: (given) => `insert into outward.replays
  (account_id, livemode, id, endpoint_id, next_id, before_id, also_delivered, codes, owed_from, owed_before)
select account_id, livemode, id, endpoint_id, next_id, before_id, also_delivered, codes::smallint[], owed_from,
       owed_before
  from ${given}
returning id::text as key`,
});

export const replay = (
  context: Pick<Context, 'clock' | 'random'>,
  { accountId, livemode }: Scope,
  { endpointId, from, before, alsoDelivered, missed }: Replay,
): Write => ({
  into: insertReplay,
  row: [
    accountId,
    livemode,
    newUuid(context),
    endpointId,
    from,
    before,
    alsoDelivered,
    missed && `{${missed.codes.join(',')}}`,
    missed?.from ?? null,
    missed?.before ?? null,
  ],
});

/** Of a range that holds more, some of that is counted. */
const COUNTED_MAX = 50_000;

const owedOf = (which: string): string =>
  `select count(*) filter (where ${which})::float8 as count, count(*) <= $9::integer as is_all from (
     select endpoint_id, state from outward.deliveries
      where ${ownRows} and id >= $4::uuid and id < $5::uuid`;
// Unnamed: they may take their time. One statement, so that what is handed on meanwhile is counted once.
const counting = (owed: string) =>
  statement(
    '',
    `select owed.count + missed.count as count, owed.is_all and missed.is_all as is_all
       from (${owed}) owed,
            outward.count_missed($1, $2, $3, $6, $7, $8::smallint[], $9::integer) missed`,
  );
const some = 'order by id limit $9::integer + 1) looked';
const count = {
  givenUp: counting(`${owedOf('true')} and endpoint_id = $3 and given_up ${some}`),
  all: counting(`${owedOf('endpoint_id = $3 and state <> 1')} ${some}`),
};

export type Counted = {
  readonly count: number;
  /** Else there may be more. */
  readonly isAll: boolean;
};

/** How many deliveries that are, or how many at least. */
export const countReplayed = async (
  context: Context,
  scope: Scope,
  { endpointId, from, before, alsoDelivered, missed }: Replay,
  countedMax = COUNTED_MAX,
): Promise<Counted> => {
  const asked = alsoDelivered ? count.all : count.givenUp;
  const ofMissed = missed ?? { from: before, before, codes: [] };
  const range = [endpointId, from, before, ofMissed.from, ofMissed.before, ofMissed.codes];
  const values = [...range, countedMax];
  try {
    const [row] = await readOwn<{ count: number; is_all: boolean }>(context, scope, asked, values);
    return { count: row?.count ?? 0, isAll: row?.is_all ?? true };
  } catch (error) {
    // It is told in pieces all the same, which look at little.
    if (error instanceof Unavailable && error.tookTooLong) return { count: 0, isAll: false };
    throw error;
  }
};

const AT_ONCE = 1_000;
/** While its endpoint has so many left to be told, a replay waits: else what happens now would wait behind all of it. */
const DUE_MAX = 1_000;

/** As a worker asks in its rounds. */
export const areReplaysDue = `outward.are_replays_due(now.at, ${DUE_MAX})`;

const piece = statement(
  'replays.piece',
  `select outward.replay_piece($1::timestamptz, ${AT_ONCE}, ${DUE_MAX}) as again`,
);

/** Says how many were asked for again, and one more where it can go on. */
export const replayPiece = async (context: Context): Promise<number> => {
  const [row] = await context.database.system((tx) =>
    tx.query<{ again: number | null }>(piece, [spellTime(context.clock.now())]),
  );
  return row?.again === null || row === undefined ? 0 : row.again + 1;
};
