// What names lead to that strangers chose. The system's own way to find out keeps one of a few threads for as long as it
// takes and cannot be stopped: names that nobody answers would keep all others waiting, and the providers of everybody
// with them. So these take a part of the places alone, each name one of them, and those that were slow share a few.

export type Names = (name: string) => Promise<readonly string[]>;

type Given = {
  readonly lookUp: (name: string) => Promise<readonly string[]>;
  readonly nowMs: () => number;
  /** Calls back after so long; what it returns calls it off. */
  readonly after: (ms: number, work: () => void) => () => void;
  readonly places: number;
  /** Of those. */
  readonly placesOfSlow: number;
};

/** So long, what a name led to is judged again rather than asked for: few may ask at once, and each waits. */
export const FRESH_MS = 1_000;
/** Whoever answers takes some milliseconds. */
export const SLOW_MS = 1_000;
export const NAMES_MAX = 1_000;

type Known = {
  addresses: Promise<readonly string[]>;
  isUnderWay: boolean;
  isSlow: boolean;
  answeredMs: number;
};

export const createNames = ({ lookUp, nowMs, after, places, placesOfSlow }: Given): Names => {
  const names = new Map<string, Known>();
  const waiting: { readonly known: Known; readonly begin: () => void }[] = [];
  let [busy, busyWithSlow] = [0, 0];

  const mayBegin = ({ isSlow }: Known): boolean =>
    busy < places && (!isSlow || busyWithSlow < placesOfSlow);

  const takePlace = ({ isSlow }: Known): void => {
    busy += 1;
    if (isSlow) busyWithSlow += 1;
  };

  const leavePlace = (wasSlow: boolean): void => {
    busy -= 1;
    if (wasSlow) busyWithSlow -= 1;
    for (;;) {
      const at = waiting.findIndex(({ known }) => mayBegin(known));
      const [next] = at < 0 ? [] : waiting.splice(at, 1);
      if (next === undefined) return;
      takePlace(next.known);
      next.begin();
    }
  };

  const inTurn = async (name: string, known: Known): Promise<readonly string[]> => {
    if (mayBegin(known)) takePlace(known);
    else await new Promise<void>((begin) => void waiting.push({ known, begin }));
    const beganMs = nowMs();
    let isCountedSlow = known.isSlow;
    const callOff = after(SLOW_MS, () => {
      if (!isCountedSlow) busyWithSlow += 1;
      isCountedSlow = true;
    });
    try {
      return await lookUp(name);
    } finally {
      callOff();
      known.isSlow = nowMs() - beganMs >= SLOW_MS;
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

  return (name) => {
    const before = names.get(name);
    if (before?.isUnderWay) return before.addresses;
    if (before !== undefined && nowMs() - before.answeredMs < FRESH_MS) return before.addresses;
    if (before === undefined) makeRoom();
    const known: Known = {
      addresses: Promise.resolve([]),
      isUnderWay: true,
      isSlow: before?.isSlow ?? false,
      answeredMs: Number.NEGATIVE_INFINITY,
    };
    names.set(name, known);
    known.addresses = inTurn(name, known);
    // What failed is asked for again by the next.
    known.addresses.catch(() => {
      known.answeredMs = Number.NEGATIVE_INFINITY;
    });
    return known.addresses;
  };
};
