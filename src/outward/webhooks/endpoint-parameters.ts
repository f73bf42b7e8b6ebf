// What a caller may say of an endpoint.

import {
  arrayOf,
  boolean,
  described,
  emptyable,
  id,
  ignored,
  integer,
  listParameters,
  metadata,
  object,
  oneOf,
  required,
  text,
  timestampRange,
} from '#platform/http';

const enabledEvents = () =>
  described(
    'Names such as `payment_intent.succeeded`, or `*` for all.',
    arrayOf(text(100), { min: 1, max: 300 }),
  );

const ordering = () =>
  described(
    'Ours, not Stripe’s: `per_object` tells the events of one object one after the other.',
    oneOf('none', 'per_object'),
  );

export const createParameters = object({
  url: required(text(2_048)),
  enabled_events: required(enabledEvents()),
  api_version: text(50),
  connect: described('Events of connected accounts, which are not there: only `false`.', boolean()),
  description: emptyable(text(5_000)),
  events_from: ignored(),
  metadata: metadata(),
  ordering: ordering(),
});

export const updateParameters = object({
  url: text(2_048),
  enabled_events: enabledEvents(),
  description: emptyable(text(5_000)),
  disabled: boolean(),
  metadata: metadata(),
  ordering: ordering(),
});

const HOURS_MAX = 168;

export const rollParameters = object({
  overlap_hours: described(
    'How long the old secret still signs beside the new one; 24 when left out.',
    integer({ min: 0, max: HOURS_MAX }),
  ),
});

export const replayParameters = object({
  created: required(timestampRange()),
  status: described(
    '`given_up` tells only what was never delivered; `all` everything.',
    oneOf('given_up', 'all'),
  ),
});

export const deliveryFilters = listParameters({
  created: timestampRange(),
  webhook_endpoint: id(),
  event: id(),
  status: oneOf('waiting', 'delivered', 'given_up'),
});
