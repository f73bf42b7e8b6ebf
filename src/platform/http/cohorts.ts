// Requests that write go through in cohorts: who comes while others are on their way waits until these are through, or
// have been inside for some milliseconds. Those of a cohort do each step at the same time, so that what they read and
// write is said to the database together, by code that is in the caches. One alone waits for nobody.

export type Cohorts = {
  /** Resolves when it is their turn; they `leave` the cohort that they get. */
  enter(): Promise<Cohort>;
  leave(cohort: Cohort): void;
};

export type Cohort = {
  inside: number;
  begunMs: number;
  begins: Promise<void>;
  begin: () => void;
};

/** As long as a cohort takes for itself, where it is not a provider that it waits for. */
const AHEAD_MS_MAX = 20;

export const createCohorts = (monotonicMs: () => number, aheadMsMax = AHEAD_MS_MAX): Cohorts => {
  /** The one that began last. */
  let ahead: Cohort | null = null;
  let gathering: Cohort | null = null;
  let timer: NodeJS.Timeout | null = null;

  const begin = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    ahead = gathering;
    gathering = null;
    if (ahead === null) return;
    ahead.begunMs = monotonicMs();
    ahead.begin();
  };

  const gather = (): Cohort => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const leftMs = ahead === null ? 0 : ahead.begunMs + aheadMsMax - monotonicMs();
    // Who arrived in the same turn of the event loop comes along.
    if (leftMs <= 0) setImmediate(begin);
    else timer = setTimeout(begin, leftMs);
    return { inside: 0, begunMs: 0, begins: promise, begin: resolve };
  };

  return {
    enter: async () => {
      gathering ??= gather();
      const cohort = gathering;
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
