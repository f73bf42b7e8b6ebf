// A disk that fills up says nothing before it is full, and then no payment is taken any more: the database has no room,
// and nothing is sent that is not in the send journal.

import { statfs } from 'node:fs/promises';
import type { Clock, Log } from '#kit/context';

const LOOK_EVERY_MS = 60_000;
const FREE_MIN = 0.15;
/** So much more is free before it is said to be over: a share that goes up and down is told of once. */
const FREE_AGAIN = 0.17;

/** Of what others than the system's administrator may use. */
export const freeShareOf = async (folder: string): Promise<number> => {
  const { bavail, blocks } = await statfs(folder);
  return blocks === 0 ? 1 : bavail / blocks;
};

export const watchDisk = (
  { clock, log }: { readonly clock: Pick<Clock, 'alarm'>; readonly log: Log },
  freeShare: () => Promise<number>,
): { stop(): void } => {
  let callOff = (): void => {};
  let isStopped = false;
  let isTold = false;

  const look = async (): Promise<void> => {
    const free = await freeShare();
    if (!isTold && free < FREE_MIN) {
      isTold = true;
      const problem = `${Math.floor(free * 100)} % of it is free`;
      log.error({ problem }, 'The disk under TOLLGATE_DATA is nearly full');
    } else if (isTold && free >= FREE_AGAIN) {
      isTold = false;
      log.warn({}, 'The disk under TOLLGATE_DATA has room again');
    }
  };
  const lookNowAndThen = async (): Promise<void> => {
    // A folder that cannot be asked says so where it is written to.
    await look().catch(() => {});
    if (!isStopped) callOff = clock.alarm(LOOK_EVERY_MS, () => void lookNowAndThen());
  };
  void lookNowAndThen();
  return {
    stop: () => {
      isStopped = true;
      callOff();
    },
  };
};
