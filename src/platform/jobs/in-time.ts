import type { Context } from '#kit/context';

/** Whether the work has ended by then. It goes on in any case; what it failed with by then is thrown. */
export const inTime = async (
  { clock }: Pick<Context, 'clock'>,
  work: Promise<unknown>,
  limitMs: number,
): Promise<boolean> => {
  const { promise: isOver, resolve } = Promise.withResolvers<false>();
  const callOff = clock.alarm(limitMs, () => resolve(false));
  try {
    return await Promise.race([work.then(() => true as const), isOver]);
  } finally {
    callOff();
  }
};
