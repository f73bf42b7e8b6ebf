// The days of accounts whose provider counts in days: an acquirer's host cuts over, compares totals, and
// wants a file of what moved. A connector without `dayEnd` has none.

import type { Calendar, Day, Schedule } from '#books/calendars';
import type { Uuid } from '#kit/ids';
import type { AccountCall, ConnectorAccount } from './connector.ts';

export type DayEnder = {
  readonly schedule: (account: ConnectorAccount) => DaySchedule;
  /** May be called again for the same day until it is ended. What it throws is tried again later. */
  readonly end: (call: AccountCall, day: EndingDay) => Promise<DayEnd>;
};

export type DaySchedule = Pick<Schedule, 'zone' | 'cutOffMinutes'> & {
  /** Null: every day ends. */
  readonly calendar: Calendar | null;
};

export type EndingDay = {
  readonly day: Day;
  /** No later day is over yet. */
  readonly isLast: boolean;
  /** When somebody first set about it, by the clock that nobody moves. */
  readonly begunAtMs: number;
};

export type DayEnd =
  /** Something of that day is not decided yet: it is asked about again in a moment. */
  | { readonly outcome: 'waits'; readonly why: string }
  | {
      readonly outcome: 'ended';
      readonly file: { readonly id: Uuid; readonly lines: number } | null;
      /** Each is for a person to explain. */
      readonly problems: readonly DayProblem[];
    };

export type DayProblem = {
  readonly code: 'totals_differ' | 'undecided' | 'line_refused' | 'line_missing';
  /** With figures of both sides. */
  readonly says: string;
};
