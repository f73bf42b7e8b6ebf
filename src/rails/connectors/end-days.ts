// Ends the days of accounts whose time has come, one after the other and each once: those that nobody was
// there to end as well. What a day came to is committed together with the step to the next; whoever is
// killed before it finds the same day due again, and the provider's own records make it the same end.

import { addDays, businessDay, type Day, endOfDay, nextBankDay } from '#books/calendars';
import type { Context, Scope, Write } from '#kit/context';
import { NotSent } from '#kit/http-client';
import type { Uuid } from '#kit/ids';
import { withAccount } from './account-call.ts';
import type { DayEnd, DaySchedule, EndingDay } from './day-end.ts';
import {
  countDayEnds,
  type DayCounts,
  insertEndedDay,
  leaseNextDays,
  loadNextDay,
  type NextDay,
  updateNextDay,
} from './day-ends.store.ts';
import type { Parts } from './parts.ts';

const AT_ONCE = 20;
const LEASE_MS = 5 * 60_000;
/** The clocks of two machines differ: what the provider counts to a day is all there by then. */
const GRACE_MS = 2 * 60_000;
const AGAIN_MS = 5_000;
const RETRY_MS = 5_000;
const RETRY_MS_MAX = 10 * 60_000;
/** Longer than a day waits for what is undecided: by then it is ended, or something is wrong. */
const OVERDUE_MS = 90 * 60_000;
const SHOWN_FOR_MS = 24 * 60 * 60_000;
/** For accounts of providers that know no days. */
const NONE_MS = 24 * 60 * 60_000;

/** Says how many were looked at. */
export const endDays = async (parts: Parts, context: Context): Promise<number> => {
  const limits = { nowMs: context.clock.now(), atMost: AT_ONCE, leaseMs: LEASE_MS };
  const leased = await context.database.system((tx) => leaseNextDays(tx, limits));
  await Promise.all(
    leased.map(async ({ scope, id }) => {
      context.crashPoint('day.leased');
      try {
        await look(parts, context, scope, id);
      } catch (error) {
        // The lease ends by time, and it is looked at again.
        context.log.error({ error }, 'The day of an account could not be ended for now');
      }
    }),
  );
  return leased.length;
};

/** Of the last 24 hours, but what waits for a person is shown until it is explained. */
export const watchDayEnds = ({
  clock,
  database,
}: Pick<Context, 'clock' | 'database'>): Promise<readonly DayCounts[]> => {
  const nowMs = clock.now();
  const since = { endedAfterMs: nowMs - SHOWN_FOR_MS, overBeforeMs: nowMs - OVERDUE_MS };
  return database.system((tx) => countDayEnds(tx, since));
};

const look = async (parts: Parts, context: Context, scope: Scope, id: Uuid): Promise<void> => {
  const next = await loadNextDay(context, scope, id);
  if (next === undefined) return;
  const step = (changes: Partial<NextDay>, more: readonly Write[] = []): Promise<unknown> =>
    context.database.commit(scope, [
      updateNextDay(scope, { ...next, version: next.version + 1, ...changes }),
      ...more,
    ]);
  const nowMs = context.clock.now();

  try {
    const looked = await attempt(parts, context, scope, next);
    if (looked === null) {
      await step({ overAtMs: null, dueAtMs: nowMs + NONE_MS });
      return;
    }
    const { day, isOver, begunAtMs, schedule, end } = looked;
    const overAtMs = dueOf(schedule, day);
    if (!isOver) {
      await step({ day, overAtMs, dueAtMs: overAtMs });
    } else if (end.outcome === 'waits') {
      const dueAtMs = nowMs + AGAIN_MS;
      await step({ day, overAtMs, begunAtMs, failures: 0, problem: end.why, dueAtMs });
    } else {
      const after = dayFrom(schedule, addDays(day, 1));
      const afterOverAtMs = dueOf(schedule, after);
      await step(
        {
          day: after,
          begunAtMs: null,
          failures: 0,
          problem: null,
          overAtMs: afterOverAtMs,
          dueAtMs: afterOverAtMs,
        },
        [insertEndedDay(scope, endedOf(next.id, day, end, nowMs))],
      );
      context.crashPoint('day.ended');
      tell(context, scope, day, end);
    }
  } catch (error) {
    const isGone = error instanceof NotSent && error.why === 'account_gone';
    const failures = next.failures + 1;
    const waitMs = isGone
      ? NONE_MS
      : Math.min(RETRY_MS * 2 ** Math.min(failures - 1, 9), RETRY_MS_MAX);
    const problem = isGone ? null : problemOf(error);
    if (!isGone) warn(context, scope, next, error);
    const overAtMs = isGone ? null : next.overAtMs;
    await step({ failures, problem, overAtMs, dueAtMs: nowMs + waitMs });
  }
};

const warn = (
  { clock, log }: Context,
  { accountId, livemode }: Scope,
  { day, failures, overAtMs }: NextDay,
  error: unknown,
): void => {
  const fields = { accountId, livemode, error, attempts: failures + 1 };
  if (overAtMs === null || overAtMs > clock.now() - OVERDUE_MS) {
    log.warn(fields, 'A day could not be ended');
  } else {
    const problem = `${day} overdue`;
    log.error(
      { ...fields, problem },
      'The day of an account at a provider is overdue: see tollgate days list',
    );
  }
};

type Looked = {
  readonly day: Day;
  readonly schedule: DaySchedule;
} & (
  | { readonly isOver: false; readonly begunAtMs?: never; readonly end?: never }
  | { readonly isOver: true; readonly begunAtMs: number; readonly end: DayEnd }
);

/** Null where the provider knows no days. */
const attempt = (
  parts: Parts,
  context: Context,
  scope: Scope,
  next: NextDay,
): Promise<Looked | null> =>
  withAccount(parts, context, scope, next.id, async ({ functions, call }) => {
    const { dayEnd } = functions;
    if (dayEnd === undefined) return null;
    const nowMs = context.clock.now();
    const schedule = dayEnd.schedule(call.account);
    const day = dayFrom(schedule, next.day ?? businessDay(schedule, nowMs));
    if (dueOf(schedule, day) > nowMs) return { day, schedule, isOver: false };
    const begunAtMs = next.begunAtMs ?? parts.context.clock.now();
    const isLast = dueOf(schedule, dayFrom(schedule, addDays(day, 1))) > nowMs;
    const ending: EndingDay = { day, isLast, begunAtMs };
    return { day, schedule, isOver: true, begunAtMs, end: await dayEnd.end(call, ending) };
  });

/** The day itself when it is one that ends. */
const dayFrom = ({ calendar }: DaySchedule, day: Day): Day =>
  calendar === null ? day : nextBankDay(calendar, day);

const dueOf = (schedule: DaySchedule, day: Day): number => endOfDay(schedule, day) + GRACE_MS;

const endedOf = (
  connectorAccountId: Uuid,
  day: Day,
  { file, problems }: Extract<DayEnd, { outcome: 'ended' }>,
  endedAtMs: number,
) => ({
  connectorAccountId,
  day,
  endedAtMs,
  fileId: file?.id ?? null,
  lines: file?.lines ?? 0,
  problems,
  needsReview: problems.length > 0,
});

const tell = (
  context: Context,
  { accountId, livemode }: Scope,
  day: Day,
  { problems }: Extract<DayEnd, { outcome: 'ended' }>,
): void => {
  if (problems.length === 0) return;
  const codes = [...new Set(problems.map(({ code }) => code))].join(' ');
  context.log.error(
    { accountId, livemode, problem: `${day} ${codes}` },
    'The day of an account at a provider did not end as it should: see tollgate days list',
  );
};

const problemOf = (error: unknown): string => {
  if (error instanceof NotSent) return error.why.replaceAll('_', ' ');
  return error instanceof Error ? error.message : 'it failed';
};
