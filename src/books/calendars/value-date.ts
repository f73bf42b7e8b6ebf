// When money of a moment arrives: the business day of the moment, then so many days.

import { addBankDays, addDays, type Calendar, type Day, msOf, nextBankDay } from './calendars.ts';

const MINUTE_MS = 60_000;

export type Schedule = {
  readonly days: number;
  /** Calendar days end on the next bank day, since nothing arrives on a holiday. */
  readonly count: 'bank_days' | 'calendar_days';
  /** An IANA zone: daylight saving moves the cut-off in UTC. */
  readonly zone: string;
  /** Minutes after midnight in the zone; what comes at or after it belongs to the next day. */
  readonly cutOffMinutes: number;
};

/** Two bank days, the day ending at midnight UTC. */
export const STANDARD_SCHEDULE: Schedule = {
  days: 2,
  count: 'bank_days',
  zone: 'UTC',
  cutOffMinutes: 24 * 60,
};

export const businessDay = (
  schedule: Pick<Schedule, 'zone' | 'cutOffMinutes'>,
  ms: number,
): Day => {
  const { day, minutes } = localTime(schedule.zone, ms);
  return minutes >= schedule.cutOffMinutes ? addDays(day, 1) : day;
};

/** The moment from which everything belongs to a later day. */
export const endOfDay = (
  { zone, cutOffMinutes }: Pick<Schedule, 'zone' | 'cutOffMinutes'>,
  day: Day,
): number => {
  const asUtcMs = msOf(day) + cutOffMinutes * MINUTE_MS;
  const offsetAt = (ms: number): number => {
    const local = localTime(zone, ms);
    return msOf(local.day) + local.minutes * MINUTE_MS - ms;
  };
  // Twice, because the zone may have another offset at the moment itself than at its name in UTC.
  return asUtcMs - offsetAt(asUtcMs - offsetAt(asUtcMs));
};

/** What comes in one minute arrives on one day: each payment asks, and all that come together are told alike. */
export const valueDate = (schedule: Schedule, calendar: Calendar, ms: number): Day => {
  const minute = Math.floor(ms / MINUTE_MS);
  const known = newest.get(schedule)?.get(calendar);
  if (known?.minute === minute) return known.day;

  const day = reckon(schedule, calendar, ms);
  const days = newest.get(schedule) ?? new Map<Calendar, Reckoned>();
  newest.set(schedule, days.set(calendar, { minute, day }));
  return day;
};

type Reckoned = { readonly minute: number; readonly day: Day };
const newest = new WeakMap<Schedule, Map<Calendar, Reckoned>>();

const reckon = (schedule: Schedule, calendar: Calendar, ms: number): Day => {
  const day = businessDay(schedule, ms);
  return schedule.count === 'bank_days'
    ? addBankDays(calendar, day, schedule.days)
    : nextBankDay(calendar, addDays(day, schedule.days));
};

const formats = new Map<string, Intl.DateTimeFormat>();

const localTime = (zone: string, ms: number): { day: Day; minutes: number } => {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
  formats.set(zone, format);
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  return {
    day: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
    minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
};
