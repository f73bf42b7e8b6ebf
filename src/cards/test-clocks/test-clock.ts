// A clock for single customers: it stands at one moment, and is moved on by asking.

import type { Uuid } from '#kit/ids';

/** The numbers are stored. */
export const clockStatuses = { ready: 1, advancing: 2, internal_failure: 3 } as const;
export type ClockStatus = keyof typeof clockStatuses;

export type TestClock = {
  readonly id: Uuid;
  readonly version: number;
  /** How many events were told of it. */
  readonly events: number;
  readonly deleted: boolean;
  readonly name: string | null;
  /** Unix seconds. */
  readonly frozenTime: number;
  /** Where it is going while it is advancing. */
  readonly targetTime: number | null;
  readonly status: ClockStatus;
};

export const LIVES_S = 30 * 86_400;
const TWO_YEARS_S = 2 * 366 * 86_400;

/** In order of precedence. Null: it may. */
export const refusalToAdvance = (clock: TestClock, to: number): string | null => {
  if (clock.status === 'advancing') {
    return 'The test clock is advancing already: wait until its status is ready.';
  }
  if (clock.status === 'internal_failure') {
    return 'The test clock has failed and cannot be advanced: delete it and make another.';
  }
  if (to <= clock.frozenTime) return 'A test clock can only be advanced to a later time.';
  if (to > clock.frozenTime + TWO_YEARS_S) {
    return 'A test clock can be advanced by two years at once at the most.';
  }
  return null;
};

export const advancing = (clock: TestClock, to: number): TestClock => ({
  ...clock,
  version: clock.version + 1,
  events: clock.events + 1,
  status: 'advancing',
  targetTime: to,
});

/** It has arrived: whatever came due for its customers has been done. */
export const arrived = (clock: TestClock): TestClock => ({
  ...clock,
  version: clock.version + 1,
  events: clock.events + 1,
  status: 'ready',
  frozenTime: clock.targetTime ?? clock.frozenTime,
  targetTime: null,
});
