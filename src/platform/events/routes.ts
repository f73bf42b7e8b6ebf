import { Type } from 'typebox';
import type { Context, Scope } from '#kit/context';
import { parseId, type Uuid, uuidAt } from '#kit/ids';
import {
  ApiError,
  arrayOf,
  boolean,
  list,
  listParameters,
  listWindow,
  page,
  parameters,
  type Route,
  resourceMissing,
  route,
  rowsWithin,
  text,
  timestampRange,
  tooMuchToLookThrough,
  type Window,
  wholeSeconds,
} from '#platform/http';
import type { EventKinds, Undelivered } from './event-kind.ts';
import { loadChanges, loadChangesOf } from './events.store.ts';
import { findEvent } from './find-event.ts';
import { EVENT, eventsOf, type LoggedEvent, renderEvent } from './render-event.ts';

const filters = listParameters(
  {
    created: timestampRange(),
    delivery_success: boolean(),
    type: text(100),
    types: arrayOf(text(100), { max: 20 }),
  },
  { exclusive: [['type', 'types']] },
);

const eventSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('event'),
  api_version: Type.String(),
  created: Type.Integer(),
  data: Type.Object({
    object: Type.Unknown({ description: 'The object as it was after the change.' }),
    previous_attributes: Type.Optional(
      Type.Unknown({ description: 'The old values of exactly the fields that changed.' }),
    ),
  }),
  livemode: Type.Boolean(),
  pending_webhooks: Type.Integer(),
  request: Type.Object({
    id: Type.Union([Type.String(), Type.Null()]),
    idempotency_key: Type.Union([Type.String(), Type.Null()]),
  }),
  type: Type.String(),
});

export const eventRoutes = (kinds: EventKinds, undelivered: Undelivered): readonly Route[] => {
  const find = async (context: Context, scope: Scope, spelled: string) => {
    const id = parseId(EVENT, spelled);
    return id === null ? undefined : findEvent(context, scope, kinds, id);
  };
  const openOf = (context: Context, scope: Scope, events: readonly LoggedEvent[]) =>
    undelivered.of(
      context,
      scope,
      events.map(({ id }) => id),
    );

  return [
    route({
      group: 'Events',
      object: 'event',
      keys: 'secret',
      method: 'GET',
      path: '/v1/events',
      operation: 'events.list',
      summary: 'List events',
      description: 'Newest first. `type` is one name, or ends with `*` for all that begin like it.',
      list: true,
      parameters: filters,
      answer: eventSchema,
      handle: async (context, request) => {
        const { scope, parameters: asked } = request;
        const window = await listWindow<Uuid>(
          asked,
          'event',
          async (spelled) => (await find(context, scope, spelled))?.id ?? null,
        );
        const codes = wantedCodes(
          kinds,
          asked.types ?? (asked.type === undefined ? null : [asked.type]),
        );
        const wanted = { codes, created: wholeSeconds(asked.created) };
        const load = (part: Window) =>
          loadEvents(context, scope, kinds, { ...wanted, window: part });
        const found =
          asked.delivery_success === undefined
            ? await load(window)
            : asked.delivery_success
              ? await loadDelivered(load, window, async (events) => {
                  const open = await openOf(context, scope, events);
                  return events.filter(({ id }) => !open.has(id));
                })
              : await loadUndelivered(
                  undelivered.pages(context, scope, rowsWithin(window, asked.created)),
                  window,
                  async (ids) => {
                    const changes = await loadChangesOf(context, scope, ids);
                    const events = changes.flatMap((change) => eventsOf(kinds, change));
                    const byId = new Map(events.map((event) => [event.id, event]));
                    return ids
                      .flatMap((id) => byId.get(id) ?? [])
                      .filter(({ kind }) => codes === null || codes.includes(kind.code));
                  },
                );
        const { rows, hasMore } = page(found, window);
        const open = await openOf(context, scope, rows);
        const shown = rows.map((event) => renderEvent(event, open.get(event.id)));
        return { body: list(request.url, { rows: shown, hasMore }) };
      },
    }),
    route({
      group: 'Events',
      object: 'event',
      keys: 'secret',
      method: 'GET',
      path: '/v1/events/:event',
      operation: 'events.retrieve',
      summary: 'Retrieve an event',
      description:
        'The same whenever it is asked for, but for how many endpoints are still to be told (`pending_webhooks`).',
      parameters: parameters({}),
      answer: eventSchema,
      handle: async (context, { scope, path }) => {
        const spelled = path['event'] ?? '';
        const event = await find(context, scope, spelled);
        if (event === undefined) throw resourceMissing({ noun: 'event', id: spelled });
        const open = await openOf(context, scope, [event]);
        return { body: renderEvent(event, open.get(event.id)) };
      },
    }),
  ];
};

const wantedCodes = (kinds: EventKinds, types: readonly string[] | null): number[] | null => {
  if (types === null) return null;
  return types.flatMap((type) => {
    // The star alone is a beginning too: that of every name.
    if (!/^(?:[a-z_.]+\*?|\*)$/.test(type)) {
      throw new ApiError(
        400,
        'Invalid type: an event type such as customer.created, or customer.* for all of a kind.',
        {
          param: 'type',
        },
      );
    }
    const stem = type.endsWith('*') ? type.slice(0, -1) : null;
    return kinds.all
      .filter((kind) => (stem === null ? kind.type === type : kind.type.startsWith(stem)))
      .map((kind) => kind.code);
  });
};

// A change is one row and several events, so the rows around the cursor are read with one to spare and
// cut to events afterwards.
const loadEvents = async (
  context: Context,
  scope: Scope,
  kinds: EventKinds,
  asked: {
    readonly window: Window;
    readonly codes: readonly number[] | null;
    readonly created: { readonly from: number; readonly to: number };
  },
): Promise<LoggedEvent[]> => {
  const { window, codes, created } = asked;
  const older = window.before === undefined;
  const cursor = window.after ?? window.before ?? null;
  const changes = await loadChanges(context, scope, {
    direction: older ? 'older' : 'newer',
    from: cursor,
    createdFrom: uuidAt(created.from * 1000),
    createdBefore: uuidAt((created.to + 1) * 1000),
    codes,
    limit: window.limit + 2,
  });
  return changes
    .flatMap((change) => (older ? eventsOf(kinds, change).toReversed() : eventsOf(kinds, change)))
    .filter((event) => codes === null || codes.includes(event.kind.code))
    .filter((event) => cursor === null || (older ? event.id < cursor : event.id > cursor))
    .slice(0, window.limit + 1);
};

const PAGE = 100;
const PAGE_MAX = 1_000;
/** A second or two. */
const EVENTS_MAX = 50_000;

/** Mostly all are, so events are looked through until the page is full. */
const loadDelivered = async (
  load: (window: Window) => Promise<LoggedEvent[]>,
  window: Window,
  filter: (events: readonly LoggedEvent[]) => Promise<LoggedEvent[]>,
): Promise<LoggedEvent[]> => {
  const isOlder = window.before === undefined;
  const found: LoggedEvent[] = [];
  let part: Window = { ...window, limit: PAGE };
  for (let seen = 0; found.length <= window.limit; ) {
    const events = (await load(part)).slice(0, part.limit);
    found.push(...(await filter(events)));
    seen += events.length;
    const last = events.at(-1);
    if (last === undefined || events.length < part.limit) break;
    if (seen >= EVENTS_MAX && found.length <= window.limit) throw tooMuchToLookThrough();
    const limit = Math.min(part.limit * 2, PAGE_MAX);
    part = isOlder ? { limit, after: last.id } : { limit, before: last.id };
  }
  return found.slice(0, window.limit + 1);
};

/** Those that are not are known, and few are of a type that is asked for. */
const loadUndelivered = async (
  pages: AsyncIterable<readonly Uuid[]>,
  window: Window,
  load: (ids: readonly Uuid[]) => Promise<LoggedEvent[]>,
): Promise<LoggedEvent[]> => {
  const found: LoggedEvent[] = [];
  let seen = 0;
  for await (const ids of pages) {
    if (seen >= EVENTS_MAX) throw tooMuchToLookThrough();
    found.push(...(await load(ids)));
    if (found.length > window.limit) break;
    seen += ids.length;
  }
  return found.slice(0, window.limit + 1);
};
