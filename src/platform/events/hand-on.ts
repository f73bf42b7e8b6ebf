// Takes what the outbox holds and hands it to those who listen, in the transaction that empties it: an
// event reaches every listener's own tables exactly once, however often a worker dies on the way.

import type { Context, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { spellTime, statement } from '#platform/db';

export type Listener = {
  readonly name: string;
  /** How many it would like to hear of at once. */
  readonly appetite?: (context: Context) => number;
  /** Writes what it owes because of these events. It calls nothing outside, unless that is committed. */
  readonly hear: (
    context: Context,
    tx: Tx,
    changes: readonly Owed[],
    onceCommitted: (work: () => void) => void,
  ) => Promise<void>;
};

/** A change that was written, and what of it those who listen ask for first. */
export type Owed = {
  readonly event_id: Uuid;
  readonly account_id: Uuid;
  readonly livemode: boolean;
  readonly object_id: Uuid;
  readonly sequence: number;
  readonly kinds: readonly number[];
  /** Whether any address of a payer stands in it. */
  readonly has_address: boolean;
};

const CHANGES_AT_ONCE = 500;

/** Whether it holds anything, in the order in which it is emptied: what was taken is passed over at once. */
export const isAnythingOwed = `(select true from platform.outbox order by event_id limit 1)`;

// One at a time, who would have to wait for each other later: then no row has to be locked to be found.
const takeOwed = statement(
  'events.take_owed',
  `delete from platform.outbox
    where ctid = any (array(
      select ctid from platform.outbox order by event_id
       limit (select case when pg_try_advisory_xact_lock(hashtextextended('tollgate outbox', 0))
                          then $1::integer else 0 end)))
   returning event_id, account_id, livemode, object_id, sequence, kinds, has_address`,
);

export const handOn = async (context: Context, listeners: readonly Listener[]): Promise<number> => {
  const atMost = Math.min(
    CHANGES_AT_ONCE,
    ...listeners.map(({ appetite }) => appetite?.(context) ?? CHANGES_AT_ONCE),
  );
  // What a try left behind that was not committed is not done.
  let afterwards: (() => void)[] = [];
  const count = await context.database.system(async (tx) => {
    afterwards = [];
    const owed = await tx.query<Owed>(takeOwed, [atMost]);
    for (const listener of owed.length > 0 ? listeners : []) {
      await listener.hear(context, tx, owed, (work) => void afterwards.push(work));
    }
    return owed.length;
  });
  for (const work of afterwards) work();
  return count;
};

const prepare = statement(
  'events.prepare_partitions',
  'select platform.prepare_event_partitions(($1::timestamptz)::date, 4)',
);

/** This month and the three after it get a table of their own. */
export const preparePartitions = async (context: Context): Promise<void> => {
  await context.database.system((tx) => tx.query(prepare, [spellTime(context.clock.now())]));
};
