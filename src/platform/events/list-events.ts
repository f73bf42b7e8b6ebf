// Events, the newest first: all, those that everybody was told of, or those that somebody is still owed.

import type { Context, Scope } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import {
  ApiError,
  arrayOf,
  boolean,
  list,
  listParameters,
  listWindow,
  madeIn,
  type Outcome,
  page,
  rowsWithin,
  type TimeRange,
  type TypedRequest,
  text,
  timestampRange,
  tooMuchToLookThrough,
  type Window,
} from '#platform/http';
import type { EventKinds, Undelivered } from './event-kind.ts';
import { loadChanges, loadChangesOf } from './events.store.ts';
import { findEvent } from './find-event.ts';
import {
  type AnyEvent,
  anyEventsOf,
  canBeShown,
  EVENT,
  renderEvent,
  toShow,
} from './render-event.ts';

export const eventFilters = listParameters(
  {
    created: timestampRange(),
    delivery_success: boolean(),
    type: text(100),
    types: arrayOf(text(100), { max: 20 }),
  },
  { exclusive: [['type', 'types']] },
);

/** What is known of events beyond their rows: which there are, and who is owed one. */
type Known = { readonly kinds: EventKinds; readonly undelivered: Undelivered };

export const listEvents = async (
  context: Context,
  request: TypedRequest<typeof eventFilters>,
  known: Known,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const { kinds } = known;
  const window = await listWindow<Uuid>(
    asked,
    'event',
    async (spelled) => (await findNamed(context, scope, kinds, spelled))?.id ?? null,
  );
  const types = asked.types ?? (asked.type === undefined ? null : [asked.type]);
  const codes = wantedCodes(kinds, types, asked.types === undefined ? 'type' : 'types');
  const wanted = { window, codes, created: asked.created };
  const { delivery_success: isDelivered } = asked;
  const some = isDelivered === true ? loadDelivered : loadUndelivered;
  const load = isDelivered === undefined ? loadEvents : some;
  const found = await load(context, scope, known, wanted);

  const { rows, hasMore } = pageOfKnown(found, window);
  const open = await openOf(context, scope, known, rows);
  const shown = rows.map((event) => renderEvent(event, open.get(event.id)));
  return { body: list(request.url, { rows: shown, hasMore }) };
};

/** What stands before one that only a newer version knows is given, with more to come; then that one is asked for. */
const pageOfKnown = (found: readonly AnyEvent[], window: Window) => {
  const [first] = found;
  if (first !== undefined) toShow(first, BY_NAME);
  const unknown = found.findIndex((event) => !canBeShown(event));
  const limit = unknown < 0 ? window.limit : Math.min(window.limit, unknown);
  const { rows, hasMore } = page(found.slice(0, limit + 1), { ...window, limit });
  return { rows: rows.filter(canBeShown), hasMore };
};

const BY_NAME =
  ' Meanwhile events of types that this version knows can be listed by their whole names, as `types[]=customer.created`; whether this one begins like `customer.*` nobody here knows.';

export const findNamed = (
  context: Context,
  scope: Scope,
  kinds: EventKinds,
  spelled: string,
): Promise<AnyEvent | undefined> => {
  const id = parseId(EVENT, spelled);
  return id === null ? Promise.resolve(undefined) : findEvent(context, scope, kinds, id);
};

/** By id, how many are still to be told of it. */
export const openOf = (
  context: Context,
  scope: Scope,
  { undelivered }: Known,
  events: readonly AnyEvent[],
) =>
  undelivered.of(
    context,
    scope,
    events.map(({ id }) => id),
  );

const wantedCodes = (
  kinds: EventKinds,
  types: readonly string[] | null,
  param: 'type' | 'types',
): number[] | null => {
  if (types === null) return null;
  let isAllKnown = true;
  const codes = types.flatMap((type) => {
    // The star alone is a beginning too: that of every name.
    if (!/^(?:[a-z_.]+\*?|\*)$/.test(type)) {
      throw new ApiError(
        400,
        'Invalid type: an event type such as customer.created, or customer.* for all of a kind.',
        { param },
      );
    }
    const stem = type.endsWith('*') ? type.slice(0, -1) : null;
    if (stem !== null || kinds.byType(type) === undefined) isAllKnown = false;
    return kinds.all
      .filter((kind) => (stem === null ? kind.type === type : kind.type.startsWith(stem)))
      .map((kind) => kind.code);
  });
  if (types.includes('*')) return null;
  // A newer version may have written one of such a name: only it knows what its codes are called.
  return isAllKnown ? codes : [...codes, ...kinds.unknownCodes];
};

type Wanted = {
  readonly window: Window;
  readonly codes: readonly number[] | null;
  readonly created: TimeRange | undefined;
};

// A change is one row and several events, so the rows around the cursor are read with one to spare and
// cut to events afterwards.
const loadEvents = async (
  context: Context,
  scope: Scope,
  { kinds }: Known,
  { window, codes, created }: Wanted,
): Promise<AnyEvent[]> => {
  const older = window.before === undefined;
  const cursor = window.after ?? window.before ?? null;
  const { idFrom, idBefore } = madeIn(created);
  const changes = await loadChanges(context, scope, {
    direction: older ? 'older' : 'newer',
    from: cursor,
    createdFrom: idFrom,
    createdBefore: idBefore,
    codes,
    limit: window.limit + 2,
  });
  return changes
    .flatMap((change) => {
      const events = anyEventsOf(kinds, change, codes);
      return older ? events.toReversed() : events;
    })
    .filter((event) => cursor === null || (older ? event.id < cursor : event.id > cursor))
    .slice(0, window.limit + 1);
};

const PAGE = 100;
const PAGE_MAX = 1_000;
/** A second or two. */
const EVENTS_MAX = 50_000;

/** Mostly all are, so events are looked through until the page is full. */
const loadDelivered = async (
  context: Context,
  scope: Scope,
  known: Known,
  wanted: Wanted,
): Promise<AnyEvent[]> => {
  const { window } = wanted;
  const isOlder = window.before === undefined;
  const found: AnyEvent[] = [];
  let part: Window = { ...window, limit: PAGE };
  for (let seen = 0; found.length <= window.limit; ) {
    const loaded = await loadEvents(context, scope, known, { ...wanted, window: part });
    const events = loaded.slice(0, part.limit);
    const open = await openOf(context, scope, known, events);
    found.push(...events.filter(({ id }) => !open.has(id)));
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
  context: Context,
  scope: Scope,
  { kinds, undelivered }: Known,
  { window, codes, created }: Wanted,
): Promise<AnyEvent[]> => {
  const found: AnyEvent[] = [];
  let seen = 0;
  for await (const ids of undelivered.pages(context, scope, rowsWithin(window, created))) {
    if (seen >= EVENTS_MAX) throw tooMuchToLookThrough();
    const changes = await loadChangesOf(context, scope, ids);
    const events = changes.flatMap((change) => anyEventsOf(kinds, change, codes));
    const byId = new Map(events.map((event) => [event.id, event]));
    found.push(...ids.flatMap((id) => byId.get(id) ?? []));
    if (found.length > window.limit) break;
    seen += ids.length;
  }
  return found.slice(0, window.limit + 1);
};
