export {
  addBankDays,
  type Calendar,
  calendarFor,
  type Day,
  dayOf,
  FED,
  isBankDay,
  msOf,
  nextBankDay,
  TARGET,
  WEEKDAYS,
} from './calendars.ts';
export { businessDay, type Schedule, STANDARD_SCHEDULE, valueDate } from './value-date.ts';
