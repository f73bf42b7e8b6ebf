import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { EventKinds } from './event-kind.ts';
import { loadChange, loadChangesOf } from './events.store.ts';
import { type AnyEvent, anyEventsOf, eventsOf, isKnown, type LoggedEvent } from './render-event.ts';

export const findEvent = async (
  context: Context,
  scope: Scope,
  kinds: EventKinds,
  id: Uuid,
): Promise<AnyEvent | undefined> => {
  const change = await loadChange(context, scope, id);
  return change ? anyEventsOf(kinds, change).find((event) => event.id === id) : undefined;
};

/** Those that the log knows, in one statement, but for what a newer version wrote: no other is held up by that. */
export const findEvents = async (
  context: Context,
  scope: Scope,
  kinds: EventKinds,
  ids: readonly Uuid[],
): Promise<ReadonlyMap<Uuid, LoggedEvent>> => {
  const changes = await loadChangesOf(context, scope, ids);
  const known = changes.filter((change) => isKnown(kinds, change));
  const events = known.flatMap((change) => eventsOf(kinds, change));
  return new Map(events.map((event) => [event.id, event]));
};
