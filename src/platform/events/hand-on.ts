// Takes what the outbox holds and hands it to those who listen, in the transaction that empties it: an
// event reaches every listener's own tables exactly once, however often a worker dies on the way. One that a
// listener cannot take is set aside for a while, and keeps none of the others waiting.

import type { Context, Tx } from '#kit/context';
import { Unavailable, Unclear } from '#kit/failure';
import { spellId, type Uuid } from '#kit/ids';
import { spellTime, statement } from '#platform/db';
import { EVENT } from './render-event.ts';

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
export const isAnythingOwed = `(select true from platform.outbox where not_before is null or not_before <= clock_timestamp() order by event_id limit 1)`;

const tryLock = `pg_try_advisory_xact_lock(hashtextextended('tollgate outbox', 0))`;

// One at a time, who would have to wait for each other later: then no row has to be locked to be found.
const taking = (name: string, which: string) =>
  statement(
    name,
    `delete from platform.outbox
    where ctid = any (array(
      select ctid from platform.outbox
       where (not_before is null or not_before <= clock_timestamp())${which}
       order by event_id
       limit (select case when ${tryLock} then $1::integer else 0 end)))
   returning event_id, account_id, livemode, object_id, sequence, kinds, has_address`,
  );
const takeOwed = taking('events.take_owed', '');
const takeOwedToOthers = taking('events.take_owed_to_others', ' and account_id <> $2');

const askWhetherFree = statement('events.ask_whether_free', `select ${tryLock} as is_free`);

// After 16 s, 32 s, … up to an hour: by then somebody may have seen to it.
const setAside = statement(
  'events.set_aside',
  `update platform.outbox
      set failures = least(coalesce(failures, 0) + 1, 1000),
          not_before = clock_timestamp()
            + make_interval(secs => least(3600, 2 ^ least(coalesce(failures, 0) + 4, 12)))
    where event_id = $1`,
);

/** If so many in a row cannot be handed on, nor one of another account, it is not for what they are. */
const FAILURES_IN_A_ROW = 3;

export const handOn = async (context: Context, listeners: readonly Listener[]): Promise<number> => {
  const atMost = Math.min(
    CHANGES_AT_ONCE,
    ...listeners.map(({ appetite }) => appetite?.(context) ?? CHANGES_AT_ONCE),
  );
  try {
    return (await handOnTogether(context, listeners, { atMost, took: () => {} }))?.length ?? 0;
  } catch (error) {
    if (isOfTheWorld(error)) throw error;
    return handOnOneByOne(context, listeners, atMost);
  }
};

/** The database is away, or nobody knows what it did: no change is at fault. */
const isOfTheWorld = (error: unknown): boolean =>
  error instanceof Unavailable || error instanceof Unclear;

/** Null: another worker is emptying it, and it cannot be said that there is none of other accounts. */
const handOnTogether = async (
  context: Context,
  listeners: readonly Listener[],
  {
    atMost,
    besides,
    took,
  }: {
    readonly atMost: number;
    /** None of this account. */
    readonly besides?: Uuid | undefined;
    readonly took: (owed: readonly Owed[]) => void;
  },
): Promise<readonly Owed[] | null> => {
  // What a try left behind that was not committed is not done.
  let afterwards: (() => void)[] = [];
  const handed = await context.database.system(async (tx) => {
    afterwards = [];
    if (besides !== undefined) {
      const [asked] = await tx.query<{ is_free: boolean }>(askWhetherFree, []);
      if (!asked?.is_free) return null;
    }
    const owed =
      besides === undefined
        ? await tx.query<Owed>(takeOwed, [atMost])
        : await tx.query<Owed>(takeOwedToOthers, [atMost, besides]);
    took(owed);
    for (const listener of owed.length > 0 ? listeners : []) {
      await listener.hear(context, tx, owed, (work) => void afterwards.push(work));
    }
    return owed;
  });
  for (const work of afterwards) work();
  return handed;
};

const handOnOneByOne = async (
  context: Context,
  listeners: readonly Listener[],
  atMost: number,
): Promise<number> => {
  let count = 0;
  let failures = 0;
  let last: { readonly owed: Owed; readonly error: unknown } | undefined;
  for (let tries = 0; tries < atMost; tries += 1) {
    let tried: Owed | undefined;
    const isProbe = failures === FAILURES_IN_A_ROW;
    try {
      const handed = await handOnTogether(context, listeners, {
        atMost: 1,
        besides: isProbe ? last?.owed.account_id : undefined,
        took: ([first]) => {
          tried = first;
        },
      });
      if (handed === null) break;
      if (handed.length === 0 && isProbe) throw last?.error;
      if (handed.length === 0) break;
      [count, failures] = [count + 1, 0];
    } catch (error) {
      failures += 1;
      if (isOfTheWorld(error) || tried === undefined) throw error;
      last = { owed: tried, error };
      await putOff(context, tried, error);
      if (isProbe) throw error;
    }
  }
  return count;
};

const putOff = async (
  context: Context,
  { event_id: id, account_id: accountId, livemode }: Owed,
  error: unknown,
): Promise<void> => {
  await context.database.system((tx) => tx.query(setAside, [id]));
  context.log.error(
    { about: spellId(EVENT, id), accountId, livemode, error },
    'An event could not be handed on: the others go on, and it is tried again later',
  );
};

const prepare = statement(
  'events.prepare_partitions',
  'select platform.prepare_event_partitions(($1::timestamptz)::date, 4)',
);

/** This month and the three after it get a table of their own. */
export const preparePartitions = async (context: Context): Promise<void> => {
  await context.database.system((tx) => tx.query(prepare, [spellTime(context.clock.now())]));
};
