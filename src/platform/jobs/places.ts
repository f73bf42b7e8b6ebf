// Whose jobs get the places of a worker. Most jobs wait for a provider: where it is silent they keep their places until
// their time limits. So an account has a number of its own, the last places are for those that have none under way, and
// those that take long share half: whoever is served quickly finds a place however many are silent.

import type { Context } from '#kit/context';

/** So many may be under way: most of them wait for a provider. */
const ALL = 50;
/** Of one account. Its others wait for these, and no other's for them. */
const OF_ONE = 10;
/** The last ones are for accounts that have none under way, one for each. */
const LAST = 10;
/** Of all accounts together of which one takes long, or the last one did. */
const OF_SLOW = 25;
/** Most providers answer within a second. */
const SLOW_MS = 1_000;

export type Places = {
  /** How many may be begun now, and at most of each account. */
  free(): {
    readonly atMost: number;
    readonly rooms: ReadonlyMap<string, number>;
    /** Of every account that is not among those. */
    readonly roomOfOthers: number;
  };
  /** What it gives is called at the end. Null: a job of no account, of which any number may be under way. */
  take(account: string | null): () => void;
};

export const createPlaces = (clock: Pick<Context['clock'], 'monotonicMs'>): Places => {
  const underWay = new Map<string, Set<{ readonly sinceMs: number }>>();
  const wereSlow = new Set<string>();
  let taken = 0;

  const tookLong = (sinceMs: number): boolean => clock.monotonicMs() - sinceMs >= SLOW_MS;
  const countOf = (account: string): number => underWay.get(account)?.size ?? 0;
  const slowOnes = (): ReadonlySet<string> => {
    const areSlow = [...underWay].filter(([, its]) =>
      its.values().some(({ sinceMs }) => tookLong(sinceMs)),
    );
    return new Set([...wereSlow, ...areSlow.map(([account]) => account)]);
  };

  return {
    free: () => {
      const left = ALL - taken;
      const areLast = left <= LAST;
      const slow = slowOnes();
      const leftOfSlow = OF_SLOW - [...slow].reduce((sum, account) => sum + countOf(account), 0);
      const roomOf = (account: string): number => {
        const count = countOf(account);
        if (areLast) return count === 0 && (leftOfSlow > 0 || !slow.has(account)) ? 1 : 0;
        const room = OF_ONE - count;
        return slow.has(account) ? Math.max(0, Math.min(room, leftOfSlow)) : room;
      };
      return {
        atMost: areLast ? left : left - LAST,
        rooms: new Map([...underWay.keys(), ...slow].map((account) => [account, roomOf(account)])),
        roomOfOthers: areLast ? 1 : OF_ONE,
      };
    },
    take: (account) => {
      taken += 1;
      if (account === null) return () => void (taken -= 1);
      const one = { sinceMs: clock.monotonicMs() };
      const its = underWay.get(account) ?? new Set();
      underWay.set(account, its.add(one));
      return () => {
        taken -= 1;
        its.delete(one);
        if (its.size === 0) underWay.delete(account);
        if (tookLong(one.sinceMs)) wereSlow.add(account);
        else wereSlow.delete(account);
      };
    },
  };
};
