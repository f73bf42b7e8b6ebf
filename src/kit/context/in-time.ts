import type { Context } from './context.ts';

/** It has not ended by then. */
export const late = Symbol('late');

/** What the work came to or failed with by then. It goes on in any case, and what it fails with later is nobody's. */
export const inTime = <T>(
  { clock }: { readonly clock: Pick<Context['clock'], 'alarm'> },
  work: Promise<T>,
  limitMs: number,
): Promise<T | typeof late> =>
  new Promise((resolve, reject) => {
    const callOff = clock.alarm(limitMs, () => resolve(late));
    const hear = (heard: T): void => {
      callOff();
      resolve(heard);
    };
    const fail = (error: unknown): void => {
      callOff();
      reject(error);
    };
    void work.then(hear, fail);
  });
