export {
  addDays,
  type Calendar,
  calendarFor,
  type Day,
  FED,
  msOf,
  nextBankDay,
  TARGET,
  WEEKDAYS,
} from './calendars.ts';
export {
  businessDay,
  endOfDay,
  type Schedule,
  STANDARD_SCHEDULE,
  valueDate,
} from './value-date.ts';
