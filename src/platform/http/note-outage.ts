// A database or a vault that is away fails every request there is. One line says so when it begins, and one
// for every while that it lasts: thousands of the same would hide what else there is to read. Each request
// has its own line with its status all the same.

import type { Context } from '#kit/context';
import type { Unavailable } from '#kit/failure';

export type NoteOutage = (
  error: Unavailable,
  where: { readonly requestId: string; readonly operation: string | undefined },
) => void;

const EVERY_MS = 10_000;

export const createOutageNotes = (context: Pick<Context, 'clock' | 'log'>): NoteOutage => {
  const seldom = onceAWhile(context);
  return (error, where) =>
    seldom(error.name, (count) => {
      const fields = { ...where, why: error.message, count };
      context.log.error(fields, 'requests found nobody to serve them');
    });
};

/** The same of those who are hung up on while they send, so that others have room: anybody may be many of them. */
export const createHungUpNotes = (context: Pick<Context, 'clock' | 'log'>): (() => void) => {
  const seldom = onceAWhile(context);
  return () =>
    seldom('hung up', (count) =>
      context.log.warn({ count }, 'who took longest to send a body was hung up on: too many do'),
    );
};

/** Says it at once, and after that once for every while, with how often it was. */
const onceAWhile = ({ clock }: Pick<Context, 'clock'>) => {
  const known = new Map<string, { notedMs: number; untold: number }>();

  return (what: string, say: (times: number) => void): void => {
    const nowMs = clock.monotonicMs();
    const before = known.get(what);
    if (before !== undefined && nowMs - before.notedMs < EVERY_MS) {
      before.untold += 1;
      return;
    }
    known.set(what, { notedMs: nowMs, untold: 0 });
    say((before?.untold ?? 0) + 1);
  };
};
