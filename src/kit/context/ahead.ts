// Reading before it is known whether it will be needed, so that it leaves together with what is needed now.

import type { Clock } from './context.ts';

/** What was read so long ago is read anew by whoever decides on it. */
export const AHEAD_MS = 1_000;

export type Ahead<T> = () => Promise<T>;

/** Begins now. Should it fail, only who asks for it hears of that. */
export const readAhead = <T>(
  { clock }: { readonly clock: Pick<Clock, 'monotonicMs'> },
  read: () => Promise<T>,
): Ahead<T> => {
  const untilMs = clock.monotonicMs() + AHEAD_MS;
  const begun = read();
  begun.catch(() => {});
  return () => (clock.monotonicMs() < untilMs ? begun : read());
};
