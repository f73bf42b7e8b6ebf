// The feed: for programs that rather ask than be told. Numbers rise by one, so whoever misses one sees
// it; and nothing ever appears below a number that was read.

import { Type } from 'typebox';
import type { Context, Scope } from '#kit/context';
import { parseId, spellId, spellUuid, type Uuid } from '#kit/ids';
import { EVENT, type EventKinds, findEvent, renderEvent } from '#platform/events';
import {
  ApiError,
  described,
  id,
  integer,
  nullable,
  type Outcome,
  parameters,
  type Route,
  route,
  type TypedRequest,
} from '#platform/http';
import { sequenceFields } from './endpoint-schema.ts';
import { loadFeed, type Numbered, newestOf } from './feed.store.ts';

const LIMIT_MAX = 100;
const LIMIT = 50;

const asked = parameters({
  after: described(
    'The last number you have; 0 begins with the oldest that is kept. Left out: the newest number, and no events.',
    integer({ min: 0 }),
  ),
  after_event: described(
    'The event that had that number, as `next_event` gave it. Where another one has it now, as once a backup was restored, you are told so (400), and pass over nothing.',
    id(),
  ),
  limit: integer({ min: 1, max: LIMIT_MAX }),
});

const feedSchema = Type.Object({
  object: Type.Literal('event_feed'),
  data: Type.Array(
    Type.Object({
      position: Type.Integer({ description: 'Rises by one with each event of the account.' }),
      sequence: sequenceFields.sequence,
      sequence_of: nullable(sequenceFields.sequence_of),
      event: Type.Unknown({ description: 'As `/v1/events/{id}` shows it.' }),
    }),
  ),
  has_more: Type.Boolean(),
  next: Type.Integer({ description: 'What to ask for next, as `after`.' }),
  next_event: nullable(
    Type.String({ description: 'The event of that number, to be said with it, as `after_event`.' }),
  ),
});

export const feedRoutes = (kinds: EventKinds): readonly Route[] => [
  route({
    group: 'Events',
    keys: 'secret',
    object: 'event_feed',
    method: 'GET',
    path: '/v1/event_feed',
    operation: 'events.feed',
    summary: 'Read the feed of events',
    description:
      'Oldest first, numbered without a gap. Keep `next` and `next_event` together with what you did because of the events, and ask again from there.',
    parameters: asked,
    answer: feedSchema,
    handle: (context, request) => read(context, kinds, request),
  }),
];

const read = async (
  context: Context,
  kinds: EventKinds,
  { scope, parameters: { after, after_event: told, limit = LIMIT } }: TypedRequest<typeof asked>,
): Promise<Outcome> => {
  if (after === undefined) {
    if (told !== undefined) throw numberMissing();
    const newest = await newestOf(context, scope);
    return { body: { object: 'event_feed', data: [], has_more: false, ...nextOf(newest) } };
  }
  const { last, rows } = await loadFeed(context, scope, { after, limit: limit + 1 });
  if (last === undefined && rows.length === 0) await refuseUnread(context, scope, after);
  if (told !== undefined) refuseOther(after, told, last?.event_id);
  const shown = rows.slice(0, limit);
  const data = await Promise.all(
    shown.map(async ({ position, sequence, event_id: id }) => {
      const event = await findEvent(context, scope, kinds, id);
      // Events are kept longer than the feed; none is told without what it says.
      if (event === undefined) return { position, sequence, sequence_of: null, event: null };
      const sequence_of = spellUuid(event.change.object_id);
      return { position, sequence, sequence_of, event: renderEvent(event) };
    }),
  );
  return {
    body: {
      object: 'event_feed',
      data,
      has_more: rows.length > limit,
      ...nextOf(shown.at(-1) ?? last),
    },
  };
};

const numberMissing = (): ApiError =>
  new ApiError(400, 'Say `after` as well: the number of that event.', { param: 'after' });

const nextOf = (last: Numbered | undefined) => ({
  next: last?.position ?? 0,
  next_event: last === undefined ? null : spellId(EVENT, last.event_id),
});

/**
 * The newest number is never forgotten, so a larger one was read somewhere else: at another account, in another
 * mode, or here before a backup was restored. To answer it with nothing would pass over events without a word.
 */
const refuseUnread = async (context: Context, scope: Scope, after: number): Promise<void> => {
  const newest = (await newestOf(context, scope))?.position ?? 0;
  if (after <= newest) return;
  throw new ApiError(
    400,
    `This feed ends at ${newest}: ${after} was never read from it. It may be a number of another account or mode, or of before a backup was restored. Begin at a number that you know, or at 0.`,
    { param: 'after' },
  );
};

/**
 * After a backup was restored the numbers above it are given once more, and who asks when there are as many again
 * would pass over new events. A number that was forgotten meanwhile shows by the gap behind it.
 */
const refuseOther = (after: number, told: string, stands: Uuid | undefined): void => {
  if (stands === undefined ? after > 0 : parseId(EVENT, told) === stands) return;
  throw new ApiError(
    400,
    `Number ${after} of this feed is of another event. It may be a number of another account or mode, or of before a backup was restored: then events were numbered anew, and those that you have not seen may have lower numbers. Begin at a number of before that, or at 0, and leave out by their ids those that you have seen.`,
    { param: 'after_event' },
  );
};
