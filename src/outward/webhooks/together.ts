// Results that come within some milliseconds of each other are written down together: a statement of one row
// costs PostgreSQL half as much as one of ten.

import type { Context } from '#kit/context';

const TOGETHER_MAX = 64;
/** As long as the outbox gathers what is told next. */
const WAIT_MS = 25;
/** Where the next one is told only once this one is noted. */
const HURRIED_MS = 10;

export type Together = {
  /**
   * Resolves for all who wait at once: when they are many, when nobody else is to come, or after a while, which is
   * shorter where any of them is waited for.
   */
  wait(context: Pick<Context, 'clock'>, isWaitedFor: boolean): Promise<void>;
};

export const createTogether = (isAnybodyToCome: () => boolean): Together => {
  let waiting: (() => void)[] = [];
  let opensAtMs = Infinity;
  let callOff = (): void => {};

  const open = (): void => {
    const all = waiting;
    waiting = [];
    opensAtMs = Infinity;
    callOff();
    for (const goOn of all) goOn();
  };

  return {
    wait: ({ clock }, isWaitedFor) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (waiting.length >= TOGETHER_MAX || !isAnybodyToCome()) return open();
        const waitMs = isWaitedFor ? HURRIED_MS : WAIT_MS;
        const untilMs = clock.monotonicMs() + waitMs;
        if (untilMs >= opensAtMs) return;
        callOff();
        opensAtMs = untilMs;
        callOff = clock.alarm(waitMs, open);
      }),
  };
};
