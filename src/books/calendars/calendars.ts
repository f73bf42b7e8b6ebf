// Bank holidays as rules. Days are written `2026-07-03` and reckoned in UTC, where each has 24 hours.

export type Day = string;
export type Calendar = { readonly name: string; readonly isHoliday: (day: Day) => boolean };

const DAY_MS = 86_400_000;

const dayOf = (ms: number): Day => new Date(ms).toISOString().slice(0, 10);
export const msOf = (day: Day): number => Date.parse(`${day}T00:00:00Z`);
export const addDays = (day: Day, days: number): Day => dayOf(msOf(day) + days * DAY_MS);
/** 0 is Sunday. */
const weekdayOf = (day: Day): number => new Date(msOf(day)).getUTCDay();
const isWeekend = (day: Day): boolean => weekdayOf(day) % 6 === 0;

/** Easter Sunday in the Gregorian calendar, after Gauss as corrected by Butcher. */
export const easter = (year: number): Day => {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const ofCentury = year % 100;
  const epact =
    (19 * golden +
      century -
      Math.floor(century / 4) -
      Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3) +
      15) %
    30;
  const toSunday =
    (32 + 2 * (century % 4) + 2 * Math.floor(ofCentury / 4) - epact - (ofCentury % 4)) % 7;
  const late = Math.floor((golden + 11 * epact + 22 * toSunday) / 451);
  const days = epact + toSunday - 7 * late + 114;
  return day(year, Math.floor(days / 31), (days % 31) + 1);
};

const two = (number: number): string => String(number).padStart(2, '0');
const day = (year: number, month: number, date: number): Day =>
  `${year}-${two(month)}-${two(date)}`;

/** Written from one definition for each year, once. */
const calendarOf = (name: string, holidaysIn: (year: number) => readonly Day[]): Calendar => {
  const years = new Map<number, ReadonlySet<Day>>();
  return {
    name,
    isHoliday: (asked) => {
      const year = Number(asked.slice(0, 4));
      const known = years.get(year) ?? new Set(holidaysIn(year));
      years.set(year, known);
      return known.has(asked);
    },
  };
};

export const TARGET = calendarOf('TARGET', (year) => [
  day(year, 1, 1),
  addDays(easter(year), -2),
  addDays(easter(year), 1),
  day(year, 5, 1),
  day(year, 12, 25),
  day(year, 12, 26),
]);

/** The nth such weekday of a month; below zero counts from its end. */
const nthWeekday = (year: number, month: number, weekday: number, nth: number): Day => {
  const first = day(year, month, 1);
  const days = Array.from({ length: 31 }, (_, n) => addDays(first, n)).filter(
    (each) => each.startsWith(first.slice(0, 7)) && weekdayOf(each) === weekday,
  );
  return days.at(nth < 0 ? nth : nth - 1) ?? first;
};

/** From Sunday to Monday. On a Saturday it is simply a Saturday: the Friday before is open. */
const observed = (holiday: Day): Day => (weekdayOf(holiday) === 0 ? addDays(holiday, 1) : holiday);

const [MONDAY, THURSDAY] = [1, 4];

export const FED = calendarOf('FED', (year) => [
  observed(day(year, 1, 1)),
  nthWeekday(year, 1, MONDAY, 3),
  nthWeekday(year, 2, MONDAY, 3),
  nthWeekday(year, 5, MONDAY, -1),
  observed(day(year, 6, 19)),
  observed(day(year, 7, 4)),
  nthWeekday(year, 9, MONDAY, 1),
  nthWeekday(year, 10, MONDAY, 2),
  observed(day(year, 11, 11)),
  nthWeekday(year, 11, THURSDAY, 4),
  observed(day(year, 12, 25)),
]);

export const WEEKDAYS = calendarOf('WEEKDAYS', () => []);

const byCurrency: Readonly<Record<string, Calendar>> = { eur: TARGET, usd: FED };
export const calendarFor = (currency: string): Calendar => byCurrency[currency] ?? WEEKDAYS;

export const isBankDay = (calendar: Calendar, asked: Day): boolean =>
  !isWeekend(asked) && !calendar.isHoliday(asked);

/** The day itself when banks are open on it. */
export const nextBankDay = (calendar: Calendar, from: Day): Day => {
  let found = from;
  // No calendar closes for two weeks: more would be a fault of the rule, which must not hang.
  for (let n = 0; n < 14 && !isBankDay(calendar, found); n += 1) found = addDays(found, 1);
  return found;
};

export const addBankDays = (calendar: Calendar, from: Day, count: number): Day => {
  let found = nextBankDay(calendar, from);
  for (let n = 0; n < count; n += 1) found = nextBankDay(calendar, addDays(found, 1));
  return found;
};
