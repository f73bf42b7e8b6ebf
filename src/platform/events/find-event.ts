import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { EventKinds } from './event-kind.ts';
import { loadChange, loadChangesOf } from './events.store.ts';
import { eventsOf, eventsToShow, isKnown, type LoggedEvent } from './render-event.ts';

/** As who asks is shown it. */
export const findEvent = async (
  context: Context,
  scope: Scope,
  kinds: EventKinds,
  id: Uuid,
): Promise<LoggedEvent | undefined> => {
  const change = await loadChange(context, scope, id);
  return change ? eventsToShow(kinds, change).find((event) => event.id === id) : undefined;
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
