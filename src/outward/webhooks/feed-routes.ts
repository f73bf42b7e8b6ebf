// The feed: for programs that rather ask than be told. Numbers rise by one, so whoever misses one sees
// it; and nothing ever appears below a number that was read.

import { Type } from 'typebox';
import type { Context, Scope } from '#kit/context';
import { parseId, spellId, spellUuid, type Uuid } from '#kit/ids';
import {
  canBeShown,
  EVENT,
  type EventKinds,
  findEvent,
  renderEvent,
  toShow,
} from '#platform/events';
import {
  ApiError,
  described,
  emptyable,
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
    'The event that had that number, as `next_event` gave it. Where another one has it now, as once a backup was restored, you are told so (400), instead of passing over events. Empty as left out.',
    emptyable(id()),
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
    example: { after: 0, limit: 100 },
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
  { scope, parameters: { after, after_event, limit = LIMIT } }: TypedRequest<typeof asked>,
): Promise<Outcome> => {
  // Where nothing was numbered yet `next_event` is null, and so said again as nothing.
  const told = after_event ?? undefined;
  if (after === undefined) {
    if (told !== undefined) throw numberMissing();
    const newest = await newestOf(context, scope);
    return { body: { object: 'event_feed', data: [], has_more: false, ...nextOf(newest, 0) } };
  }
  const { last, rows } = await loadFrom(context, scope, { after, limit: limit + 1 });
  if (told !== undefined) refuseOther(after, told, last?.event_id);
  const found = await Promise.all(
    rows.slice(0, limit).map(async (row) => ({
      row,
      event: await findEvent(context, scope, kinds, row.event_id),
    })),
  );
  // What stands before one that only a newer version knows is given; then that one is asked for.
  const isUnknown = ({ event }: (typeof found)[number]) =>
    event !== undefined && !canBeShown(event);
  const unknown = found.findIndex(isUnknown);
  const shown = unknown > 0 ? found.slice(0, unknown) : found;
  const data = shown.map(({ row: { position, sequence }, event }) => {
    // Events are kept longer than the feed; none is told without what it says.
    if (event === undefined) return { position, sequence, sequence_of: null, event: null };
    const sequence_of = spellUuid(event.change.object_id);
    return { position, sequence, sequence_of, event: renderEvent(toShow(event)) };
  });
  return {
    body: {
      object: 'event_feed',
      data,
      has_more: rows.length > shown.length,
      ...nextOf(shown.at(-1)?.row ?? last, after),
    },
  };
};

/** What comes after a number that this feed has given. */
const loadFrom = async (
  context: Context,
  scope: Scope,
  asked: { readonly after: number; readonly limit: number },
): ReturnType<typeof loadFeed> => {
  const found = await loadFeed(context, scope, asked);
  if (found.last !== undefined || found.rows.length > 0 || asked.after === 0) return found;
  await refuseUnread(context, scope, asked.after);
  // It was given between those two looks.
  return loadFeed(context, scope, asked);
};

const numberMissing = (): ApiError =>
  new ApiError(400, 'Say `after` as well: the number of that event.', { param: 'after' });

const nextOf = (last: Numbered | undefined, after: number) => ({
  next: last?.position ?? after,
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
