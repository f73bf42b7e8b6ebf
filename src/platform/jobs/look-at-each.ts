// Rows that are due, each looked at by itself. One with which something is wrong stays due, and before all that came
// due later: this process sets it aside for a while, and looks at those behind it. Another finds out by itself.
// Where more is due than is looked at at once, no account has a second turn while another waits for its first. One whose
// provider is silent is looked at beside the next rounds, and has no turn in them.

import { type Context, inTime, type Scope } from '#kit/context';
import { Unavailable, Unclear } from '#kit/failure';
import type { Round } from './rounds.ts';

type Aside = { readonly times: number; readonly untilMs: number };
type Remembered = {
  readonly asides: Map<string, Aside>;
  /** The accounts that had their turn while others may wait for theirs. */
  readonly hadTheirs: Set<string>;
  /** Those of which one is being looked at: no round looks at the same. */
  readonly busy: Map<string, Promise<void>>;
  /** Until then nobody is left out. */
  nextOthersMs: number;
};

/** One minute, two, four, … up to an hour: by then somebody may have seen to it. */
const ASIDE_MS = 60_000;
const ASIDE_MS_MAX = 3_600_000;
/** Where its provider is silent, an account's others are left to a later round, and the other accounts wait no longer. */
const PATIENCE_MS = 5_000;
/** Of the time, so much may be spent reading past all that is due of those who had their turn, to find that nobody else waits. */
const READING_PAST_SHARE = 0.05;
const RESTS_MS_MAX = 30_000;

const ofDatabases = new WeakMap<Context['database'], Set<Remembered>>();

/** Resolves when nothing is being looked at. */
export const allLookedAt = async ({ database }: Pick<Context, 'database'>): Promise<void> => {
  const all = ofDatabases.get(database) ?? new Set();
  await Promise.all([...all].flatMap(({ busy }) => [...busy.values()]));
};

export const lookAtEach = <T extends { readonly scope: Scope }>(given: {
  readonly atOnce: number;
  /** Those due longest, of all accounts but some. Where nobody outside is asked they may be of all. */
  readonly find: (
    context: Context,
    atMost: number,
    butOf: readonly string[],
  ) => Promise<readonly T[]>;
  /** As people know it. */
  readonly spell: (one: T) => string;
  /** Says whether there was anything to do. */
  readonly look: (context: Context, one: T) => Promise<boolean>;
}): Round['run'] => {
  const { atOnce, find, spell, look } = given;
  const ofRound = new WeakMap<Context['database'], Remembered>();

  const findOfOthers = async (
    context: Context,
    remembered: Remembered,
    isToBeLookedAt: (one: T) => boolean,
  ): Promise<{ readonly due: readonly T[]; readonly areAll: boolean }> => {
    const { asides, hadTheirs } = remembered;
    const atMost = atOnce + asides.size;
    const findDue = async (butOf: readonly string[]) => {
      const found = await find(context, atMost, butOf);
      return { due: found.filter(isToBeLookedAt), areAll: found.length < atMost };
    };
    const beganMs = context.clock.monotonicMs();
    if (hadTheirs.size > 0 && beganMs >= remembered.nextOthersMs) {
      const others = await findDue([...hadTheirs]);
      if (others.areAll) {
        const endedMs = context.clock.monotonicMs();
        const restsMs = (endedMs - beganMs) / READING_PAST_SHARE;
        remembered.nextOthersMs = endedMs + Math.min(restsMs, RESTS_MS_MAX);
      }
      if (others.due.length > 0) return others;
    }
    hadTheirs.clear();
    return findDue([]);
  };

  /** Says at how many it looked. */
  return async (context) => {
    const { database, clock } = context;
    const remembered = ofRound.get(database) ?? remember(database);
    ofRound.set(database, remembered);
    const { asides, hadTheirs, busy } = remembered;
    const begunMs = clock.monotonicMs();
    const nameOf = (one: T): string => `${spell(one)} ${one.scope.livemode}`;
    const isAside = (one: T): boolean => (asides.get(nameOf(one))?.untilMs ?? 0) > begunMs;
    for (const [name, { untilMs }] of asides) {
      if (begunMs - untilMs > ASIDE_MS_MAX) asides.delete(name);
    }
    const isToBeLookedAt = (one: T): boolean => !isAside(one) && !busy.has(one.scope.accountId);
    const found = await findOfOthers(context, remembered, isToBeLookedAt);
    const due = found.due.slice(0, atOnce);
    if (found.areAll) hadTheirs.clear();
    else for (const { scope } of due) hadTheirs.add(scope.accountId);

    let done = 0;
    const errors: unknown[] = [];
    let away: { readonly error: unknown } | null = null;
    const lookAt = async (one: T): Promise<void> => {
      try {
        const did = await look(context, one);
        done += Number(did);
        asides.delete(nameOf(one));
      } catch (error) {
        if (isAway(error)) {
          away ??= { error };
          return;
        }
        errors.push(error);
        const times = (asides.get(nameOf(one))?.times ?? 0) + 1;
        const waitsMs = Math.min(ASIDE_MS * 2 ** (times - 1), ASIDE_MS_MAX);
        asides.set(nameOf(one), { times, untilMs: clock.monotonicMs() + waitsMs });
        const { accountId, livemode } = one.scope;
        context.log.error(
          { about: spell(one), accountId, livemode, error },
          'What was due could not be looked at: the others go on, and it is tried again later',
        );
      }
    };
    const inTurn = async (chain: readonly T[]): Promise<void> => {
      for (const one of chain) {
        if (away !== null || clock.monotonicMs() - begunMs >= PATIENCE_MS) return;
        await lookAt(one);
      }
    };
    const chains = Map.groupBy(due, ({ scope }) => scope.accountId);
    const looking = [...chains].map(([account, chain]) => {
      const ends = inTurn(chain).finally(() => busy.delete(account));
      busy.set(account, ends);
      return ends;
    });
    await inTime(context, Promise.all(looking), PATIENCE_MS);
    for (const account of busy.keys()) hadTheirs.add(account);
    const whatIsAway = away as { readonly error: unknown } | null;
    if (whatIsAway !== null) throw whatIsAway.error;
    // Where so many fail and none goes well, it may be for none of them.
    if (errors.length === atOnce) throw errors[0];
    return done;
  };
};

const remember = (database: Context['database']): Remembered => {
  const remembered: Remembered = {
    asides: new Map(),
    hadTheirs: new Set(),
    busy: new Map(),
    nextOthersMs: Number.NEGATIVE_INFINITY,
  };
  const all = ofDatabases.get(database) ?? new Set();
  ofDatabases.set(database, all.add(remembered));
  return remembered;
};

/** For all of them, and not for this one. */
const isAway = (error: unknown): boolean =>
  error instanceof Unclear || (error instanceof Unavailable && !error.tookTooLong);
