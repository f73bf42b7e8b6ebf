// Whose jobs get the places of a worker. Most jobs wait for a provider: where it is silent they keep their places until
// their time limits. So an account has a number of its own, those that take long share half, and the last places are for
// those that have none under way, the very last for those that were served quickly a moment ago.
//
// Nobody can tell a silent account from a quick one before its first job. Where hundreds that nobody knows are silent, an
// account whose last quick job is more than a minute ago, or that has had none here, waits its turn among them.

import type { Context } from '#kit/context';

/** So many may be under way: most of them wait for a provider. */
const ALL = 50;
/** Of one account. Its others wait for these, and no other's for them. */
const OF_ONE = 10;
/** The last ones are for accounts that have none under way, one for each. */
const LAST = 10;
/** Of all accounts together of which one takes long, or the last one did. */
const OF_SLOW = 25;
/** Of these and those nobody knows. The rest is for who is known to be quick. */
const OF_NOT_QUICK = 45;
/** Most providers answer within a second. */
const SLOW_MS = 1_000;
/** What is known of more accounts, or for longer, would be sent with each question for jobs. */
const KNOWN = 500;
const SLOW_FOR_MS = 600_000;
/** Shorter: the accounts of a provider that has just gone silent were quick as well. */
const QUICK_FOR_MS = 60_000;

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
  const wereSlow = createLatest(clock, SLOW_FOR_MS);
  const wereQuick = createLatest(clock, QUICK_FOR_MS);
  let taken = 0;

  const tookLong = (sinceMs: number): boolean => clock.monotonicMs() - sinceMs >= SLOW_MS;
  const countOf = (account: string): number => underWay.get(account)?.size ?? 0;
  const slowOnes = (): ReadonlySet<string> => {
    const areSlow = [...underWay].filter(([, its]) =>
      its.values().some(({ sinceMs }) => tookLong(sinceMs)),
    );
    return new Set([...wereSlow.all(), ...areSlow.map(([account]) => account)]);
  };

  return {
    free: () => {
      const left = ALL - taken;
      const areLast = left <= LAST;
      const slow = slowOnes();
      const quick = wereQuick.all().difference(slow);
      const leftOf = (most: number, isOne: (account: string) => boolean): number =>
        Math.max(0, most - sum([...underWay.keys()].filter(isOne).map(countOf)));
      const leftOfSlow = leftOf(OF_SLOW, (account) => slow.has(account));
      const leftOfNotQuick = leftOf(OF_NOT_QUICK, (account) => !quick.has(account));
      const roomOf = (account: string): number => {
        const count = countOf(account);
        const room = areLast ? Number(count === 0) : OF_ONE - count;
        if (quick.has(account)) return room;
        return Math.min(room, leftOfNotQuick, slow.has(account) ? leftOfSlow : room);
      };
      const room = areLast ? 1 : OF_ONE;
      const roomOfOthers = Math.min(room, leftOfNotQuick);
      const differ = [...underWay.keys(), ...slow, ...(roomOfOthers < room ? quick : [])];
      // Several accounts have room for what is left for all of them: no more are taken at a time.
      const shares = [leftOfSlow, leftOfNotQuick].filter((share) => share > 0);
      return {
        atMost: Math.min(areLast ? left : left - LAST, ...shares),
        rooms: new Map(differ.map((account) => [account, roomOf(account)])),
        roomOfOthers,
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
        const [was, wasNot] = tookLong(one.sinceMs) ? [wereSlow, wereQuick] : [wereQuick, wereSlow];
        was.add(account);
        wasNot.delete(account);
      };
    },
  };
};

/** The latest, for so long. */
const createLatest = (clock: Pick<Context['clock'], 'monotonicMs'>, forMs: number) => {
  const addedMs = new Map<string, number>();
  const forget = (): void => {
    for (const [account, atMs] of addedMs) {
      if (addedMs.size <= KNOWN && clock.monotonicMs() - atMs < forMs) return;
      addedMs.delete(account);
    }
  };
  return {
    add: (account: string): void => {
      addedMs.delete(account);
      addedMs.set(account, clock.monotonicMs());
      forget();
    },
    delete: (account: string): void => void addedMs.delete(account),
    all: (): ReadonlySet<string> => {
      forget();
      return new Set(addedMs.keys());
    },
  };
};

const sum = (counts: readonly number[]): number => counts.reduce((one, other) => one + other, 0);
