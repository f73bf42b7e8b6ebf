// A question that takes minutes reads its tables and keeps nobody from writing to them. But who wants to change one of
// them, as a migration of a newer version does or the table of a new month, waits for its end, and behind that one
// everybody who pays. So a question that somebody waits for is broken off, and asked again once they are through.

import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '#kit/context';
import { type Connection, DatabaseUnavailable } from './connection.ts';
import { isLockedOut } from './transaction.ts';

type Send = Pick<Connection, 'send'>;

const LOOKS_EVERY_MS = 500;
/** Who comes again and again is not given way to for ever: the books are to be proved one day. */
const TIMES_MAX = 10;

/** `asks` is the connection of the question, `looks` another one. */
export const givingWay = async <T>(
  { asks, looks }: { readonly asks: Send; readonly looks: Send },
  ask: () => Promise<T>,
): Promise<T> => {
  const [row] = await asks.send({ name: '', text: 'select pg_backend_pid() as pid' });
  for (let times = 0; times < TIMES_MAX; times += 1) {
    const answered = new AbortController();
    // Nobody who looks any more is no reason to end: then it is asked as it would be without.
    const waitedFor = breakOff(looks, Number(row?.['pid']), answered.signal).catch(() => false);
    const result = await ask().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    answered.abort();
    // What it sent has arrived by then, and cannot meet the next question.
    const isBrokenOff = await waitedFor;
    if ('value' in result) return result.value;
    if (!isBrokenOff) throw result.error;
  }
  return ask();
};

/** Looks until it is answered, or somebody waits for it and it was broken off: whether that is so. */
const breakOff = async (looks: Send, pid: number, answered: AbortSignal): Promise<boolean> => {
  for (;;) {
    await wait(LOOKS_EVERY_MS, undefined, { signal: answered }).catch(() => {});
    if (answered.aborted) return false;
    const broken = await looks.send(
      {
        name: '',
        text: `select pg_cancel_backend($1)
                 from (select from pg_locks where not granted and $1 = any (pg_blocking_pids(pid)) limit 1) waiting`,
      },
      [pid],
    );
    if (broken.length > 0) return true;
  }
};

/** A migration that writes a large table anew takes minutes. So long is waited for such in all, whatever is asked. */
const PATIENCE_MS = 15 * 60_000;

/** Asks again what met a table that somebody else holds, and says once of each question that it waits. */
export const createPatience = (clock: Pick<Clock, 'monotonicMs'>, patienceMs = PATIENCE_MS) => {
  let waitedMs = 0;
  return async <T>(ask: () => Promise<T>, onWaiting: () => void): Promise<T> => {
    for (let isFirst = true; ; isFirst = false) {
      const askedMs = clock.monotonicMs();
      try {
        return await ask();
      } catch (error) {
        if (!hasMetALock(error)) throw error;
        waitedMs += clock.monotonicMs() - askedMs;
        if (waitedMs >= patienceMs) throw error;
        if (isFirst) onWaiting();
      }
    }
  };
};

const hasMetALock = (error: unknown): boolean =>
  isLockedOut(error instanceof DatabaseUnavailable ? error.cause : error);
