// How a request waits: before it decides anew, and before it tries again to give its key back.

import { setTimeout as wait } from 'node:timers/promises';
import type { Commit, Context } from '#kit/context';

const pauseMaxMs = 40;

/** Those who lost together would lose together again: each waits a while of its own. */
export const pause = async ({ random }: Context, tries: number): Promise<void> => {
  const chance = random.bytes(1).readUInt8(0) / 255;
  await wait(chance * Math.min(2 ** tries, pauseMaxMs));
};

type Give = () => Promise<Commit>;

/** Who has waited for a database that stands still need not wait for this as well. */
const WAITED_FOR_MS = 250;

/**
 * At once where that can be; otherwise it is tried again for a while, and nobody waits for it.
 * `mayAppear`: what is to be given back, so that not to find it is no end.
 */
export const giveBack = async (give: Give, mayAppear: boolean): Promise<void> => {
  const isGiven = (): Promise<boolean> =>
    give().then(
      ({ ok }) => ok || !mayAppear,
      () => false,
    );
  const given = isGiven();
  void given.then((isDone) => (isDone ? undefined : giveLater(isGiven)));
  await Promise.race([given, wait(WAITED_FOR_MS, undefined, { ref: false })]);
};

const giveLater = async (isGiven: () => Promise<boolean>): Promise<void> => {
  for (let waitMs = 50; waitMs <= 12_800; waitMs *= 2) {
    // It keeps no process from ending.
    await wait(waitMs, undefined, { ref: false });
    if (await isGiven()) return;
  }
};
