// How many changes are taken from the outbox at once. What takes longer than a statement may is tried with half as many, else
// it would fail for ever; and each failure keeps everybody's outbox for as long as a statement may take. So what was
// found to be too much is remembered for a while before more is tried again.

import type { Clock } from '#kit/context';

const CHANGES_MAX = 512;
/** An account whose changes take so long is mostly busy for longer than moments. */
const REMEMBERED_MS = 10 * 60_000;

export type SoManyAtOnce = {
  readonly most: () => number;
  readonly tookTooLong: (clock: Monotonic, changes: number) => void;
  readonly went: (clock: Monotonic) => void;
};

type Monotonic = Pick<Clock, 'monotonicMs'>;

export const createSoManyAtOnce = (): SoManyAtOnce => {
  let most = CHANGES_MAX;
  let ceiling = { changes: CHANGES_MAX, untilMs: 0 };
  let hasGone = true;

  return {
    most: () => most,
    tookTooLong: (clock, changes) => {
      // Where fewer fail too, nothing is known of how many would go: the database may stand still.
      if (hasGone) {
        const fewer = Math.max(1, Math.floor((changes * 3) / 4));
        ceiling = { changes: fewer, untilMs: clock.monotonicMs() + REMEMBERED_MS };
      }
      hasGone = false;
      most = Math.max(1, Math.floor(changes / 2));
    },
    went: (clock) => {
      hasGone = true;
      const ofAll = clock.monotonicMs() < ceiling.untilMs ? ceiling.changes : CHANGES_MAX;
      most = Math.min(ofAll, most + Math.ceil(most / 16));
    },
  };
};
