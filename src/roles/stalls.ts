// A process that does one thing for seconds answers nobody meanwhile, and cannot say so before it is over. Whoever
// watches from outside sees it not ready; the log says afterwards how long it was.

import type { Clock, Log } from '#kit/context';

const LOOK_EVERY_MS = 1_000;
/** Less is no news on a machine that others use as well. */
const STALL_MS = 4_000;

export const watchStalls = ({
  clock,
  log,
}: {
  readonly clock: Pick<Clock, 'alarm' | 'monotonicMs'>;
  readonly log: Log;
}): { stop(): void } => {
  let callOff = (): void => {};

  const lookAgain = (): void => {
    const sinceMs = clock.monotonicMs();
    callOff = clock.alarm(LOOK_EVERY_MS, () => {
      const lateMs = clock.monotonicMs() - sinceMs - LOOK_EVERY_MS;
      if (lateMs >= STALL_MS) {
        log.error(
          { durationMs: Math.round(lateMs) },
          'The process stood still, and answered nobody',
        );
      }
      lookAgain();
    });
  };
  lookAgain();
  return { stop: () => callOff() };
};
