// Moments as they are given to commands and printed by them.

import { InvalidArgumentError } from 'commander';

export const moment = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const FORMS =
  /^(?<day>\d{4}-\d{2}-\d{2})(?:[T ](?<minute>\d{2}:\d{2})(?::(?<second>\d{2})(?:\.\d+)?)?(?: ?(?<zone>Z|UTC|[+-]\d{2}:?\d{2}))?)?$/;

/** In seconds. A day alone is its beginning. */
export const parseMoment = (text: string): number => {
  const { day, minute = '00:00', second = '00', zone = 'Z' } = FORMS.exec(text)?.groups ?? {};
  // A time without a zone is read as UTC: what a merchant tries out must not depend on their desk.
  const said = `${day}T${minute}:${second}`;
  const ms = Date.parse(`${said}Z`);
  const awayMs = awayOf(zone);
  // There is no 31 November: it would be taken for the day after the 30th.
  if (Number.isNaN(ms) || awayMs === null || !new Date(ms).toISOString().startsWith(said)) {
    throw new InvalidArgumentError(
      'A moment is like 2027-01-31, 2027-01-31T08:00 or "2027-01-31 08:00:30", in UTC unless a zone follows: 2027-01-31T08:00+01:00. There has to be such a day.',
    );
  }
  return (ms - awayMs) / 1000;
};

/** Of a day alone its last second. */
export const parseEnd = (text: string): number =>
  parseMoment(text) + (/^\d{4}-\d{2}-\d{2}$/.test(text) ? 86_399 : 0);

/** How far a zone is ahead of UTC, or null where there is none so far. */
const awayOf = (zone: string): number | null => {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  if (Number(hours) > 14 || Number(minutes) > 59) return null;
  return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
};
