// A database that is away fails every delivery in hand, thousands at times. One line says that it is, and one that
// it is over, with their number.

import type { Context } from '#kit/context';
import { Unavailable } from '#kit/failure';

export type Outage = {
  failed(context: Context, error: unknown, message: string): void;
  /** The database has taken something. */
  over(context: Context): void;
};

/** What failed with the rest may say so after the first that succeeds again. */
const SAME_MS = 10_000;

export const createOutage = (): Outage => {
  let untold = 0;
  let isOn = false;
  let sameUntilMs = Number.NEGATIVE_INFINITY;

  return {
    failed: ({ clock, log }, error, message) => {
      if (!(error instanceof Unavailable)) {
        log.error({ error }, message);
        return;
      }
      untold += 1;
      if (!isOn && clock.monotonicMs() >= sameUntilMs) log.warn({ error }, message);
      isOn = true;
    },
    over: ({ clock, log }) => {
      if (!isOn) return;
      log.warn({ count: untold }, 'Deliveries are made and noted again: so many had to wait');
      untold = 0;
      isOn = false;
      sameUntilMs = clock.monotonicMs() + SAME_MS;
    },
  };
};
