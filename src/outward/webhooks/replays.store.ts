// A time range that is told again, with what nobody owed because its endpoint was disabled. It is noted with the answer
// that promises it; workers then ask for its deliveries piece by piece, oldest first.

import type { Context, Scope, Write } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { newUuid, type Uuid, uuidAt, uuidMs } from '#kit/ids';
import { ownRows, rank, readOwn, spellTime, statement, writeRows } from '#platform/db';
import type { EventKinds } from '#platform/events';
import { tooMuchToLookThrough } from '#platform/http';
import type { Endpoint } from './endpoint.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** What is older may have been told, and its delivery be forgotten since. */
const SURE_DAYS = 28;
/** What happened just before it was disabled may be handed on only then. */
const AROUND_MS = DAY_MS;

export type Replay = {
  readonly endpointId: Uuid;
  readonly from: Uuid;
  readonly before: Uuid;
  readonly alsoDelivered: boolean;
  /** Of which part nobody may have owed it these kinds of events. */
  readonly missed: {
    readonly codes: readonly number[];
    readonly from: Uuid;
    readonly before: Uuid;
  } | null;
};

/** With what its endpoint wants of the time in which it was disabled. Before it was made nothing was its own. */
export const replayOf = (
  { clock }: Pick<Context, 'clock'>,
  kinds: EventKinds,
  { id, events, disabled }: Pick<Endpoint, 'id' | 'events' | 'disabled'>,
  range: Pick<Replay, 'from' | 'before' | 'alsoDelivered'>,
): Replay => {
  const fromMs = Math.max(
    uuidMs(range.from),
    uuidMs(id),
    (disabled?.fromMs ?? Infinity) - AROUND_MS,
    clock.now() - SURE_DAYS * DAY_MS,
  );
  const beforeMs = Math.min(uuidMs(range.before), (disabled?.toMs ?? Infinity) + AROUND_MS);
  if (fromMs >= beforeMs) return { ...range, endpointId: id, missed: null };
  const codes = kinds.all
    .filter(({ type }) => events === null || events.includes(type))
    .map(({ code }) => code);
  return {
    ...range,
    endpointId: id,
    missed: { codes, from: uuidAt(fromMs), before: uuidAt(beforeMs) },
  };
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

// Unnamed: they may take their time. One statement, so that what is handed on meanwhile is counted once.
const counting = (which: string) => {
  const owed = `select count(*)::float8 as count from outward.deliveries
      where ${ownRows} and endpoint_id = $3 and id >= $4 and id < $5 and ${which}`;
  const missed = 'outward.count_missed($1, $2, $3, $6, $7, $8::smallint[])';
  return {
    owed: statement('', owed),
    withMissed: statement('', `select (${owed}) + ${missed} as count`),
  };
};
const count = { givenUp: counting('given_up'), all: counting('state <> 1') };

/** How many deliveries that are. */
export const countReplayed = async (
  context: Context,
  scope: Scope,
  { endpointId, from, before, alsoDelivered, missed }: Replay,
): Promise<number> => {
  const counted = alsoDelivered ? count.all : count.givenUp;
  const range = [endpointId, from, before];
  const [asked, values] =
    missed === null
      ? [counted.owed, range]
      : [counted.withMissed, [...range, missed.from, missed.before, missed.codes]];
  try {
    const [row] = await readOwn<{ count: number }>(context, scope, asked, values);
    return row?.count ?? 0;
  } catch (error) {
    throw error instanceof Unavailable && error.tookTooLong ? tooMuchToLookThrough() : error;
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
