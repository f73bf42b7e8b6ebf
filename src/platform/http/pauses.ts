// How a request waits: before it decides anew, and before it tries again to give its key back.

import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from '#kit/context';

const pauseMaxMs = 40;

/** Those who lost together would lose together again: each waits a while of its own. */
export const pause = async ({ random }: Context, tries: number): Promise<void> => {
  const chance = random.bytes(1).readUInt8(0) / 255;
  await wait(chance * Math.min(2 ** tries, pauseMaxMs));
};

/** For a while, and without anybody waiting for it. */
export const giveLater = async (give: () => Promise<boolean>): Promise<void> => {
  for (let waitMs = 50; waitMs <= 12_800; waitMs *= 2) {
    // It keeps no process from ending.
    await wait(waitMs, undefined, { ref: false });
    if (await give()) return;
  }
};
