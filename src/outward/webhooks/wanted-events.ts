import { ApiError, echo } from '#platform/http';
import { eventNames } from './event-names.ts';

const known = new Set<string>(eventNames);

/** Null for all. A name that nobody knows is a mistake that would never be noticed. */
export const wantedEvents = (asked: readonly string[]): readonly string[] | null => {
  if (asked.includes('*')) {
    if (asked.length === 1) return null;
    throw new ApiError(400, 'Invalid enabled_events: `*` stands for all and stands alone.', {
      param: 'enabled_events',
    });
  }
  const unknown = asked.findIndex((name) => !known.has(name));
  if (unknown >= 0) {
    throw new ApiError(
      400,
      `Invalid enabled_events[${unknown}]: there is no event '${echo(asked[unknown] ?? '')}'; see /docs for those there are, or ask for * to hear of all.`,
      { param: `enabled_events[${unknown}]` },
    );
  }
  return [...new Set(asked)];
};
