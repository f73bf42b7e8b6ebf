// The feed: for programs that rather ask than be told. Numbers rise by one, so whoever misses one sees
// it; and nothing ever appears below a number that was read.

import { Type } from 'typebox';
import type { Context, Scope } from '#kit/context';
import { spellUuid } from '#kit/ids';
import { type EventKinds, findEvent, renderEvent } from '#platform/events';
import {
  ApiError,
  described,
  integer,
  nullable,
  type Outcome,
  parameters,
  type Route,
  route,
  type TypedRequest,
} from '#platform/http';
import { sequenceFields } from './endpoint-schema.ts';
import { loadFeed, newestPosition } from './feed.store.ts';

const LIMIT_MAX = 100;
const LIMIT = 50;

const asked = parameters({
  after: described(
    'The last number you have; 0 begins with the oldest that is kept. Left out: the newest number, and no events.',
    integer({ min: 0 }),
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
      'Oldest first, numbered without a gap. Keep `next` together with what you did because of the events, and ask again from there.',
    parameters: asked,
    answer: feedSchema,
    handle: (context, request) => read(context, kinds, request),
  }),
];

const read = async (
  context: Context,
  kinds: EventKinds,
  { scope, parameters: { after, limit = LIMIT } }: TypedRequest<typeof asked>,
): Promise<Outcome> => {
  if (after === undefined) {
    const next = await newestPosition(context, scope);
    return { body: { object: 'event_feed', data: [], has_more: false, next } };
  }
  const rows = await loadFeed(context, scope, { after, limit: limit + 1 });
  if (rows.length === 0) await refuseUnread(context, scope, after);
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
      next: shown.at(-1)?.position ?? after,
    },
  };
};

/**
 * The newest number is never forgotten, so a larger one was read somewhere else: at another account, in another
 * mode, or here before a backup was restored. To answer it with nothing would pass over events without a word.
 */
const refuseUnread = async (context: Context, scope: Scope, after: number): Promise<void> => {
  const newest = await newestPosition(context, scope);
  if (after <= newest) return;
  throw new ApiError(
    400,
    `This feed ends at ${newest}: ${after} was never read from it. It may be a number of another account or mode, or of before a backup was restored. Begin at a number that you know, or at 0.`,
    { param: 'after' },
  );
};
