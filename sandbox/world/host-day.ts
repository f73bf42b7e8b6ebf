// The business day of the acquirer's host, field 15: month and day, without a year. It is the day of GMT
// on which a message was decided, also in the answer to its repeat.

import { addDays, dayOf } from '../bank/calendar.ts';

export const spellHostDay = (day: string): string => day.slice(5).replace('-', '');

/** The day of that name which is nearest. */
export const readHostDay = (monthAndDay: string, nowMs: number): string | undefined => {
  const today = dayOf(nowMs);
  for (let distance = 0; distance <= 183; distance += 1) {
    const near = [addDays(today, -distance), addDays(today, distance)];
    const found = near.find((day) => spellHostDay(day) === monthAndDay);
    if (found !== undefined) return found;
  }
  return undefined;
};
