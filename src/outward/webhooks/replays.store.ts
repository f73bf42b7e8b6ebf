// A time range that is told again. It is noted with the answer that promises it; workers then ask for its deliveries piece
// by piece, oldest first.

import type { Context, Scope, Write } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { newUuid, type Uuid } from '#kit/ids';
import { insertRows, ownRows, rank, readOwn, spellTime, statement } from '#platform/db';
import { tooMuchToLookThrough } from '#platform/http';

export type Replay = {
  readonly endpointId: Uuid;
  readonly from: Uuid;
  readonly before: Uuid;
  readonly alsoDelivered: boolean;
};

const insertReplay = insertRows({
  name: 'replays.insert',
  table: 'outward.replays',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    endpoint_id: 'uuid',
    next_id: 'uuid',
    before_id: 'uuid',
    also_delivered: 'boolean',
  },
  key: 'id',
  rank: rank.insert,
});

export const replay = (
  context: Pick<Context, 'clock' | 'random'>,
  scope: Scope,
  { endpointId, from, before, alsoDelivered }: Replay,
): Write => ({
  into: insertReplay,
  row: [scope.accountId, scope.livemode, newUuid(context), endpointId, from, before, alsoDelivered],
});

// Unnamed: it may take its time.
const counting = (which: string) =>
  statement(
    '',
    `select count(*)::float8 as count from outward.deliveries
      where ${ownRows} and endpoint_id = $3 and id >= $4 and id < $5 and ${which}`,
  );
const count = { givenUp: counting('given_up'), all: counting('state <> 1') };

/** How many deliveries that are. */
export const countReplayed = async (
  context: Context,
  scope: Scope,
  { endpointId, from, before, alsoDelivered }: Replay,
): Promise<number> => {
  const counted = alsoDelivered ? count.all : count.givenUp;
  try {
    const values = [endpointId, from, before];
    const [row] = await readOwn<{ count: number }>(context, scope, counted, values);
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
