// The days on which this world's bank moves money: those of TARGET, whatever the currency. A day is
// written 2026-11-28 and has no time; the clock of the world is that of GMT.

const DAY_MS = 86_400_000;

export const dayOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 10);
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);
export const addDays = (day: string, count: number): string => dayOf(startOf(day) + count * DAY_MS);

const fixedHolidays: ReadonlySet<string> = new Set(['01-01', '05-01', '12-25', '12-26']);

export const isBusinessDay = (day: string): boolean => {
  const weekday = new Date(startOf(day)).getUTCDay();
  if (weekday === 0 || weekday === 6 || fixedHolidays.has(day.slice(5))) return false;
  const easter = easterOf(Number(day.slice(0, 4)));
  return day !== addDays(easter, -2) && day !== addDays(easter, 1);
};

/** The first business day at or after this one. */
export const businessDayFrom = (day: string): string => {
  let found = day;
  while (!isBusinessDay(found)) found = addDays(found, 1);
  return found;
};

/** T + count. From a day that is none, counting begins where the next one would. */
export const addBusinessDays = (day: string, count: number): string => {
  let found = day;
  for (let left = count; left > 0; left -= 1) found = businessDayFrom(addDays(found, 1));
  return businessDayFrom(found);
};

/** Easter Sunday of the Gregorian calendar, by the rule of Meeus, Jones and Butcher. */
export const easterOf = (year: number): string => {
  const [golden, century, rest] = [year % 19, Math.floor(year / 100), year % 100];
  const moon = century - Math.floor((century + 8) / 25) + 1;
  const epact = (19 * golden + century - Math.floor(century / 4) - Math.floor(moon / 3) + 15) % 30;
  const weekday = (32 + 2 * (century % 4) + 2 * Math.floor(rest / 4) - epact - (rest % 4)) % 7;
  const shift = Math.floor((golden + 11 * epact + 22 * weekday) / 451);
  const days = epact + weekday - 7 * shift + 114;
  const [month, day] = [Math.floor(days / 31), (days % 31) + 1];
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
};
