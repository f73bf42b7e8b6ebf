import { described, integer, parameters, timestamp } from '#platform/http';

export const moveParameters = parameters({
  advance: described('By so many seconds.', integer({ min: 1, max: 400 * 86_400 })),
  now: described('To this moment, in Unix seconds. Not before the present one.', timestamp()),
});
