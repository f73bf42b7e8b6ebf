// What background work could not do: a damaged card, a data key whose key is missing. It is left alone
// for an hour, so that the rows behind it get their turn, and is then tried again: somebody may have put
// the key back. In memory, because a process that starts may well try at once.

import type { Clock } from '#kit/context';

export type SetAside = {
  readonly names: () => string[];
  has(name: string): boolean;
  /** False when it lies there already. */
  add(name: string): boolean;
};

const LEFT_ALONE_MS = 60 * 60_000;
const NAMES_MAX = 10_000;

export const createSetAside = (clock: Pick<Clock, 'monotonicMs'>): SetAside => {
  const untilMs = new Map<string, number>();

  const dropEnded = (): void => {
    const nowMs = clock.monotonicMs();
    for (const [name, until] of untilMs) {
      if (until > nowMs && untilMs.size <= NAMES_MAX) return;
      untilMs.delete(name);
    }
  };

  return {
    names: () => {
      dropEnded();
      return [...untilMs.keys()];
    },
    has: (name) => {
      dropEnded();
      return untilMs.has(name);
    },
    add: (name) => {
      dropEnded();
      if (untilMs.has(name)) return false;
      untilMs.set(name, clock.monotonicMs() + LEFT_ALONE_MS);
      return true;
    },
  };
};
