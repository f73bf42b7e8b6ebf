// Results that come within a few milliseconds of each other are written down together: a statement of one row
// costs PostgreSQL half as much as one of ten.

import type { Context } from '#kit/context';

const TOGETHER_MAX = 64;
const WAIT_MS = 10;

export type Together = {
  /** Resolves for all who wait at once: when they are many, when nobody else is to come, or after a while. */
  wait(context: Pick<Context, 'clock'>): Promise<void>;
};

export const createTogether = (isAnybodyToCome: () => boolean): Together => {
  let waiting: (() => void)[] = [];
  let callOff = (): void => {};

  const open = (): void => {
    const all = waiting;
    waiting = [];
    callOff();
    for (const goOn of all) goOn();
  };

  return {
    wait: (context) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (waiting.length >= TOGETHER_MAX || !isAnybodyToCome()) open();
        else if (waiting.length === 1) callOff = context.clock.alarm(WAIT_MS, open);
      }),
  };
};
