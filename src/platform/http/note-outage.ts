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
  const known = new Map<string, { notedMs: number; untold: number }>();

  return (error, where) => {
    const nowMs = context.clock.monotonicMs();
    const before = known.get(error.name);
    if (before !== undefined && nowMs - before.notedMs < EVERY_MS) {
      before.untold += 1;
      return;
    }
    const requests = (before?.untold ?? 0) + 1;
    known.set(error.name, { notedMs: nowMs, untold: 0 });
    const fields = { ...where, why: error.message, requests };
    context.log.error(fields, 'requests found nobody to serve them');
  };
};
