// What is read for deliveries before they are told: their events, many in one statement, and each endpoint as
// it is at that moment.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type EventKinds, findEvents, type LoggedEvent, renderEvent } from '#platform/events';
import type { Endpoint } from './endpoint.ts';
import { loadEndpoint } from './endpoints.store.ts';
import type { LeasedDelivery } from './leases.store.ts';

/** What is posted, by event; what the log does not know is missing. Read when the first of them is wanted. */
export type Bodies = () => Promise<ReadonlyMap<Uuid, () => string>>;

const EVENTS_AT_ONCE = 256;

/** For each delivery where its event is read: with those of its neighbours. */
export const bodiesFor = (
  context: Context,
  kinds: EventKinds,
  leased: readonly LeasedDelivery[],
): ReadonlyMap<LeasedDelivery, Bodies> => {
  const found = new Map<LeasedDelivery, Bodies>();
  const own = Map.groupBy(leased, ({ scope }) => `${scope.accountId} ${scope.livemode}`);
  for (const all of own.values()) {
    for (let from = 0; from < all.length; from += EVENTS_AT_ONCE) {
      const some = all.slice(from, from + EVENTS_AT_ONCE);
      const load = unlessFailed(() => loadBodies(context, kinds, some));
      for (const each of some) found.set(each, load);
    }
  }
  return found;
};

const loadBodies = async (
  context: Context,
  kinds: EventKinds,
  leased: readonly LeasedDelivery[],
): ReturnType<Bodies> => {
  const [first] = leased;
  if (first === undefined) return new Map();
  const wanted = Map.groupBy(leased, ({ delivery }) => delivery.eventId);
  const events = await findEvents(context, first.scope, kinds, [...wanted.keys()]);
  return new Map(
    [...events].map(([id, event]) => {
      const render = () => spelled(event);
      // Kept only where several endpoints are told of it: they get the same bytes.
      return [id, (wanted.get(id)?.length ?? 0) > 1 ? once(render) : render];
    }),
  );
};

/** Whoever is told is to be told at least this once; counting the others would take a look for each telling. */
const THIS_ONE = 1;

const spelled = (event: LoggedEvent): string =>
  JSON.stringify(renderEvent(event, THIS_ONE), null, 2);

/** Where it failed, whoever comes next tries again; who did not wait for it need not hear of it. */
const unlessFailed = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let begun: Promise<T> | null = null;
  const begin = (): Promise<T> => {
    const trying = work();
    trying.catch(() => {
      begun = null;
    });
    return trying;
  };
  return () => (begun ??= begin());
};

const once = <T extends string>(work: () => T): (() => T) => {
  let done: T | null = null;
  return () => (done ??= work());
};

/** Calls that begin so close to each other are told to the same endpoint. */
const FRESH_MS = 20;
const KEPT_MAX = 1_000;

export type Endpoints = {
  find(context: Context, scope: Scope, id: Uuid): Promise<Endpoint | undefined>;
};

export const createEndpoints = (): Endpoints => {
  const known = new Map<
    Uuid,
    { readonly atMs: number; readonly found: Promise<Endpoint | undefined> }
  >();
  return {
    find: (context, scope, id) => {
      const nowMs = context.clock.monotonicMs();
      const last = known.get(id);
      if (last !== undefined && nowMs - last.atMs < FRESH_MS) return last.found;
      if (known.size >= KEPT_MAX) known.clear();
      const found = loadEndpoint(context, scope, id);
      known.set(id, { atMs: nowMs, found });
      return found;
    },
  };
};
