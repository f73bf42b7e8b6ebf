// Requests that write go through in cohorts: who comes while others are on their way waits until these are through, or
// have been inside for some milliseconds. Those of a cohort do each step at the same time, so that what they read and
// write is said to the database together, by code that is in the caches. One alone waits for nobody, and nobody waits for
// who waits for a provider. A cohort takes as many as are committed together, so that those of the next are read and
// reckoned while they are. While as many wait to be committed already, nobody begins: who is inside keeps what it has in
// memory, which is then collected again and again.

import { UNITS_PER_BATCH_MAX } from '#platform/db';

export type Cohorts = {
  /** Resolves when it is their turn; they `leave` the cohort that they get. */
  enter(): Promise<Cohort>;
  leave(cohort: Cohort): void;
};

export type Cohort = {
  inside: number;
  /** Began to gather, and then to be inside. */
  begunMs: number;
  begins: Promise<void>;
  begin: () => void;
};

/** As many as a batch takes: while one cohort is committed the next is read and reckoned. */
const INSIDE_MAX = UNITS_PER_BATCH_MAX;
/** As long as a cohort takes for itself, where it is not a provider that it waits for. */
const AHEAD_MS_MAX = 16;
/** A database that stands still is waited for inside, by those who say so to their callers. */
const CROWDED_MS_MAX = 250;
const LOOK_MS = 2;

type Settings = {
  readonly monotonicMs: () => number;
  readonly isCrowded?: () => boolean;
  readonly aheadMsMax?: number;
};

export const createCohorts = ({
  monotonicMs,
  isCrowded = () => false,
  aheadMsMax = AHEAD_MS_MAX,
}: Settings): Cohorts => {
  /** The one that began last. */
  let ahead: Cohort | null = null;
  /** In the order in which they will begin; the last takes who comes until it is full. */
  const gathering: Cohort[] = [];
  let timer: NodeJS.Timeout | null = null;

  const begin = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const [next] = gathering;
    if (next === undefined) return;
    if (isCrowded() && monotonicMs() - next.begunMs < CROWDED_MS_MAX) {
      timer = setTimeout(begin, LOOK_MS);
      return;
    }
    gathering.shift();
    ahead = next;
    ahead.begunMs = monotonicMs();
    ahead.begin();
    if (gathering.length > 0) timer = setTimeout(begin, aheadMsMax);
  };

  const gather = (): Cohort => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cohort = { inside: 0, begunMs: monotonicMs(), begins: promise, begin: resolve };
    // Those before it begin first, and then it is its turn.
    if (gathering.push(cohort) > 1) return cohort;
    const leftMs = ahead === null ? 0 : ahead.begunMs + aheadMsMax - monotonicMs();
    // Who arrived in the same turn of the event loop comes along.
    if (leftMs <= 0) setImmediate(begin);
    else timer = setTimeout(begin, leftMs);
    return cohort;
  };

  return {
    enter: async () => {
      const last = gathering.at(-1);
      const cohort = last === undefined || last.inside >= INSIDE_MAX ? gather() : last;
      cohort.inside += 1;
      await cohort.begins;
      return cohort;
    },
    leave: (cohort) => {
      cohort.inside -= 1;
      if (cohort.inside > 0 || cohort !== ahead) return;
      ahead = null;
      // Otherwise it begins in this turn anyway.
      if (timer !== null) begin();
    },
  };
};
