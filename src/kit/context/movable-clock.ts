// A clock that runs on top of another and may be ahead of it. What a merchant tries out in test mode
// goes by it; what protects the installation itself goes by the one below, which nobody moves.

import type { Clock } from './context.ts';

export type MovableClock = Clock & {
  readonly offsetMs: number;
  /** Only forwards: a smaller offset than the present one is let alone. */
  moveTo(offsetMs: number): void;
};

const below = new WeakMap<Clock, Clock>();

export const movableClock = (real: Clock): MovableClock => {
  let offsetMs = 0;
  const clock: MovableClock = {
    now: () => real.now() + offsetMs,
    monotonicMs: () => real.monotonicMs(),
    sleep: (durationMs, signal) => real.sleep(durationMs, signal),
    alarm: (durationMs, ring) => real.alarm(durationMs, ring),
    get offsetMs() {
      return offsetMs;
    },
    moveTo: (wanted) => {
      offsetMs = Math.max(offsetMs, wanted);
    },
  };
  below.set(clock, real);
  return clock;
};

/** The clock that nobody moves; a clock that is not movable is that itself. */
export const realClock = (clock: Clock): Clock => below.get(clock) ?? clock;

/** For what must not be hurried: keys, sealed cards, stored answers, calls that are under way. */
export const onRealTime = <C extends { readonly clock: Clock }>(context: C): C => ({
  ...context,
  clock: realClock(context.clock),
});
