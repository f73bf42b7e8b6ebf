// What is read for deliveries before they are told: their events, many in one statement, and each endpoint as
// it is at that moment.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type EventKinds, findEvents, type LoggedEvent } from '#platform/events';
import type { Endpoint } from './endpoint.ts';
import { loadEndpoint } from './endpoints.store.ts';
import type { LeasedDelivery } from './leases.store.ts';

export type EventOf = () => Promise<LoggedEvent | undefined>;

const EVENTS_AT_ONCE = 256;

/** For each delivery how its event is read: with those of its neighbours, when the first of them is wanted. */
export const eventsFor = (
  context: Context,
  kinds: EventKinds,
  leased: readonly LeasedDelivery[],
): ReadonlyMap<LeasedDelivery, EventOf> => {
  const found = new Map<LeasedDelivery, EventOf>();
  const own = Map.groupBy(leased, ({ scope }) => `${scope.accountId} ${scope.livemode}`);
  for (const all of own.values()) {
    for (let from = 0; from < all.length; from += EVENTS_AT_ONCE) {
      const some = all.slice(from, from + EVENTS_AT_ONCE);
      const load = once(() => loadEvents(context, kinds, some));
      for (const each of some) {
        found.set(each, async () => (await load()).get(each.delivery.eventId));
      }
    }
  }
  return found;
};

const loadEvents = async (
  context: Context,
  kinds: EventKinds,
  leased: readonly LeasedDelivery[],
): Promise<ReadonlyMap<Uuid, LoggedEvent>> => {
  const [first] = leased;
  if (first === undefined) return new Map();
  const ids = leased.map(({ delivery }) => delivery.eventId);
  return findEvents(context, first.scope, kinds, ids);
};

const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let begun: Promise<T> | null = null;
  return () => (begun ??= work());
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
