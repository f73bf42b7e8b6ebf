// What names lead to that strangers chose. The system's own way to find out keeps one of a few threads for as long as it
// takes and cannot be stopped: names that nobody answers would keep all others waiting, and the providers of everybody
// with them. So these take a part of the places alone, each name one of them, and those that were slow share a few. The
// last are for names of which it is known that somebody answers: whoever has to wait is asked for in another way meanwhile.

export type Names = (name: string) => Promise<readonly string[]>;

type Given = {
  readonly lookUp: (name: string) => Promise<readonly string[]>;
  readonly nowMs: () => number;
  /** Calls back after so long; what it returns calls it off. */
  readonly after: (ms: number, work: () => void) => () => void;
  readonly places: number;
  /** Of those. */
  readonly placesOfSlow: number;
  /** The last of all, for names that somebody answers. */
  readonly placesOfAnswered?: number;
  /** Whether anybody answers for that name, in whatever way: it takes none of the places, and ends soon. */
  readonly isAnswered?: (name: string) => Promise<boolean>;
  /** What a name led to before counts where the next answer takes long, or nobody could say. */
  readonly lastCounts?: boolean;
};

/** So long, what a name led to is judged again rather than asked for: few may ask at once, and each waits. */
export const FRESH_MS = 1_000;
/** Whoever answers takes some milliseconds. */
export const SLOW_MS = 1_000;
export const NAMES_MAX = 1_000;
/** So many are asked for in the other way at once: each takes a socket. */
const PROBES_MAX = 64;

type Known = {
  addresses: Promise<readonly string[]>;
  isUnderWay: boolean;
  isSlow: boolean;
  /** Somebody did, in time. Neither: nobody knows yet. */
  isAnswered: boolean;
  answeredMs: number;
  last: readonly string[] | null;
};

type Waiting = {
  readonly name: string;
  readonly known: Known;
  readonly begin: () => void;
  isProbed: boolean;
};

export const createNames = (given: Given): Names => {
  const { lookUp, nowMs, after, places, placesOfSlow, isAnswered } = given;
  const { placesOfAnswered = 0, lastCounts = false } = given;
  const names = new Map<string, Known>();
  const waiting: Waiting[] = [];
  let [busy, busyWithSlow, probing] = [0, 0, 0];

  const mayBegin = ({ isSlow, isAnswered: isKnownToBe }: Known): boolean =>
    busy < (isKnownToBe ? places : places - placesOfAnswered) &&
    (!isSlow || busyWithSlow < placesOfSlow);

  const takePlace = ({ isSlow }: Known): void => {
    busy += 1;
    if (isSlow) busyWithSlow += 1;
  };

  const leavePlace = (wasSlow: boolean): void => {
    busy -= 1;
    if (wasSlow) busyWithSlow -= 1;
    beginNext();
  };

  const beginNext = (): void => {
    for (;;) {
      const at = waiting.findIndex(({ known }) => mayBegin(known));
      const [next] = at < 0 ? [] : waiting.splice(at, 1);
      if (next === undefined) return;
      takePlace(next.known);
      next.begin();
    }
  };

  const probeNext = (): void => {
    while (isAnswered !== undefined && probing < PROBES_MAX) {
      const next = waiting.find(
        ({ isProbed, known }) => !isProbed && !known.isAnswered && !known.isSlow,
      );
      if (next === undefined) return;
      next.isProbed = true;
      probing += 1;
      void probe(next, isAnswered);
    }
  };

  const probe = async (one: Waiting, ask: (name: string) => Promise<boolean>): Promise<void> => {
    const answered = await ask(one.name);
    probing -= 1;
    if (waiting.includes(one)) {
      one.known.isAnswered = answered;
      one.known.isSlow = !answered;
    }
    beginNext();
    probeNext();
  };

  const inTurn = async (name: string, known: Known): Promise<readonly string[]> => {
    if (mayBegin(known)) takePlace(known);
    else {
      const { promise, resolve: begin } = Promise.withResolvers<void>();
      waiting.push({ name, known, begin, isProbed: false });
      probeNext();
      await promise;
    }
    const beganMs = nowMs();
    let isCountedSlow = known.isSlow;
    const callOff = after(SLOW_MS, () => {
      if (!isCountedSlow) busyWithSlow += 1;
      isCountedSlow = true;
    });
    try {
      known.last = await lookUp(name);
      return known.last;
    } finally {
      callOff();
      known.isSlow = nowMs() - beganMs >= SLOW_MS;
      known.isAnswered = !known.isSlow;
      known.isUnderWay = false;
      known.answeredMs = nowMs();
      leavePlace(isCountedSlow);
    }
  };

  /** One that was slow and is forgotten would take a place of the others again. */
  const makeRoom = (): void => {
    for (const slow of [false, true]) {
      for (const [name, { isUnderWay, isSlow }] of names) {
        if (names.size < NAMES_MAX) return;
        if (!isUnderWay && isSlow === slow) names.delete(name);
      }
    }
  };

  const orLast = ({ addresses, last }: Known): Promise<readonly string[]> => {
    if (!lastCounts || last === null) return addresses;
    return new Promise((resolve, reject) => {
      const callOff = after(SLOW_MS, () => resolve(last));
      const orRefuse = (error: unknown): void => {
        if (isNotTold(error)) resolve(last);
        else reject(error);
      };
      addresses.then(resolve, orRefuse).finally(callOff);
    });
  };

  return (name) => {
    const before = names.get(name);
    if (before?.isUnderWay) return orLast(before);
    if (before !== undefined && nowMs() - before.answeredMs < FRESH_MS) return before.addresses;
    if (before === undefined) makeRoom();
    const known: Known = {
      addresses: Promise.resolve([]),
      isUnderWay: true,
      isSlow: before?.isSlow ?? false,
      isAnswered: before?.isAnswered ?? false,
      answeredMs: Number.NEGATIVE_INFINITY,
      last: before?.last ?? null,
    };
    names.set(name, known);
    known.addresses = inTurn(name, known);
    // What failed is asked for again by the next.
    known.addresses.catch(() => {
      known.answeredMs = Number.NEGATIVE_INFINITY;
    });
    return orLast(known);
  };
};

/** Nobody could say, which is not that there is none. */
const isNotTold = (error: unknown): boolean =>
  (error as { readonly code?: unknown } | null)?.code === 'EAI_AGAIN';
