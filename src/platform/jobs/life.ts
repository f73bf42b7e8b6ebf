// Whether a process lives, told by the database: it holds a lock in a transaction that stays open, on a connection
// of its own. Of one that is killed the lock is free at once; of one that is frozen or cut off after ten seconds
// in which it said nothing. By a transaction and not by a session, which a pooler might give to others.
//
// Who seems to have died may live all the same. So what it writes is guarded by the epochs of its leases, and it
// begins nothing more of what it holds.

import type { Context, Statement, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { statement } from '#platform/db';

/** A transaction on a connection that nobody else waits for. */
export type Apart = (work: (tx: Tx) => Promise<void>) => Promise<void>;

export type Life = {
  readonly isProven: boolean;
  /** Without a gap; null while it is not. */
  readonly provenSinceMs: number | null;
  /** Since long enough to judge others: when the database comes back, all are without a lock for a moment. */
  readonly mayJudge: boolean;
  /** Resolves when it is proven, or cannot be for now: then that is tried again. */
  begin(): Promise<void>;
  end(): Promise<void>;
};

const PULSE_MS = 2_000;
const AGAIN_MS = 500;
/** Less than the ten seconds after which the database lets go of it. */
const PROVEN_FOR_MS = 8_000;
/** Two beats of a process, so that one is late without being thought dead. */
const SILENT_MS = 4_000;

const LOCK_OF = `hashtextextended('tollgate worker ' || $1::text, 0)`;
const hold: Statement = statement('life.hold', `select pg_advisory_xact_lock(${LOCK_OF})`);
// Said after it, it also ends the snapshot of the statement before: what is dead in tables may be cleaned up.
const rest: Statement = statement(
  'life.rest',
  `set local idle_in_transaction_session_timeout = '10s'`,
);

export const createLife = (
  { clock, database }: Pick<Context, 'clock' | 'database'>,
  id: Uuid,
  apart: Apart,
): Life => {
  const ending = new AbortController();
  let begunMs: number | null = null;
  let provenMs = Number.NEGATIVE_INFINITY;
  let keeping: Promise<void> | null = null;

  const pulse = async (tx: Tx, tried: () => void): Promise<void> => {
    while (!ending.signal.aborted) {
      const askedMs = clock.monotonicMs();
      await tx.query(hold, [id]);
      await tx.query(rest);
      begunMs ??= askedMs;
      provenMs = askedMs;
      tried();
      await clock.sleep(PULSE_MS, ending.signal);
    }
  };

  const keep = async (tried: () => void): Promise<void> => {
    while (!ending.signal.aborted) {
      // Without the database there is nobody to tell; the loop of the work says so.
      await apart((tx) => pulse(tx, tried)).catch(() => {});
      [begunMs, provenMs] = [null, Number.NEGATIVE_INFINITY];
      tried();
      if (!ending.signal.aborted) await clock.sleep(AGAIN_MS, ending.signal);
    }
  };

  const life: Life = {
    get isProven() {
      return clock.monotonicMs() - provenMs < PROVEN_FOR_MS;
    },
    get provenSinceMs() {
      return life.isProven ? begunMs : null;
    },
    get mayJudge() {
      return life.isProven && begunMs !== null && clock.monotonicMs() - begunMs >= SILENT_MS;
    },
    begin: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      keeping ??= keep(resolve);
      holders.set(database, { id, life });
      await promise;
    },
    end: async () => {
      ending.abort();
      await keeping;
      holders.delete(database);
    },
  };
  return life;
};

const holders = new WeakMap<Context['database'], { readonly id: Uuid; readonly life: Life }>();

/** The name under which this process says that it lives. */
export const nameOfProcess = ({ database }: Pick<Context, 'database'>): Uuid | null =>
  holders.get(database)?.id ?? null;

/** Under whose name this process leases. Null: nobody could tell that it has died, so its leases go by time. */
export const holderOf = ({ database }: Pick<Context, 'database'>): Uuid | null => {
  const holder = holders.get(database);
  return holder?.life.isProven ? holder.id : null;
};

/** Whether what was leased then under that name may still be begun: others may have buried it in between. */
export const isStillHeld = (
  { database }: Pick<Context, 'database'>,
  holder: Uuid | null,
  leasedMs: number,
): boolean => {
  if (holder === null) return true;
  const { id, life } = holders.get(database) ?? {};
  const sinceMs = life?.provenSinceMs ?? null;
  return id === holder && sinceMs !== null && sinceMs <= leasedMs;
};

const findDead = statement(
  'life.find_dead',
  `with silent as materialized (
     select id from platform.heartbeats
      where role = 'worker' and id <> $1
        and seen_at < clock_timestamp() - make_interval(secs => $2::float8 / 1000))
   select id from silent
    where pg_try_advisory_xact_lock(hashtextextended('tollgate worker ' || id::text, 0))`,
);

const findGone = statement(
  'life.find_gone',
  `select 1 where not exists (
            select from platform.heartbeats
             where id = $1 and seen_at >= clock_timestamp() - make_interval(secs => $2::float8 / 1000))
      and pg_try_advisory_xact_lock_shared(${LOCK_OF})`,
);

/** Whether the process of that name says nothing and its lock is free. Not, where we cannot judge that. */
export const isGone = async (
  { database }: Pick<Context, 'database'>,
  holder: Uuid,
): Promise<boolean> => {
  const own = holders.get(database);
  if (own === undefined || own.id === holder || !own.life.mayJudge) return false;
  const found = await database.system((tx) => tx.query(findGone, [holder, SILENT_MS]));
  return found.length > 0;
};

/** Workers that say nothing and whose lock is free: ours until the transaction ends, so that one of us buries them. */
export const loadDead = async (tx: Tx, own: Uuid): Promise<Uuid[]> =>
  (await tx.query<{ id: Uuid }>(findDead, [own, SILENT_MS])).map(({ id }) => id);
