// What a payer agrees to have taken from a card later: how much, how often, from when. It is kept and shown for
// whoever makes those payments; nothing here makes them by itself.

import type { Static } from 'typebox';
import {
  ApiError,
  amount,
  arrayOf,
  integer,
  object,
  oneOf,
  required,
  text,
  timestamp,
} from '#platform/http';

export const mandateFields = {
  amount: required(amount()),
  amount_type: required(oneOf('fixed', 'maximum')),
  description: text(200),
  end_date: timestamp(),
  interval: required(oneOf('day', 'month', 'sporadic', 'week', 'year')),
  interval_count: integer({ min: 1, max: 365 }),
  reference: required(text(80)),
  start_date: required(timestamp()),
  supported_types: arrayOf(oneOf('india')),
} as const;

export const mandateOptionsParameters = object(mandateFields);

type Asked = Static<typeof mandateOptionsParameters>;

export type MandateOptions = {
  readonly amount: number;
  readonly amount_type: 'fixed' | 'maximum';
  readonly description: string | null;
  readonly end_date: number | null;
  readonly interval: keyof typeof intervalsMax;
  readonly interval_count: number | null;
  readonly reference: string;
  readonly start_date: number;
  readonly supported_types: 'india'[] | null;
};

/** A year at most. */
const intervalsMax = { day: 365, week: 52, month: 12, year: 1, sporadic: 365 } as const;

/** As a whole: what is named anew takes the place of what was agreed before. */
export const mandateOptionsOf = (asked: Asked): MandateOptions => {
  const { interval, interval_count: count, start_date: start, end_date: end } = asked;
  if (count === undefined && interval !== 'sporadic') {
    throw wrong(
      'interval_count',
      `The number of intervals is missing: say every how many ${interval}s.`,
    );
  }
  if (count !== undefined && count > intervalsMax[interval]) {
    throw wrong('interval_count', 'At most one year may lie between two payments of a mandate.');
  }
  if (end !== undefined && end <= start) {
    throw wrong('end_date', 'A mandate must end after its start_date.');
  }
  return {
    amount: asked.amount,
    amount_type: asked.amount_type,
    description: asked.description ?? null,
    end_date: end ?? null,
    interval,
    interval_count: count ?? null,
    reference: asked.reference,
    start_date: start,
    supported_types: asked.supported_types === undefined ? null : [...asked.supported_types],
  };
};

const wrong = (name: string, message: string): ApiError =>
  new ApiError(400, message, { param: `payment_method_options[card][mandate_options][${name}]` });
