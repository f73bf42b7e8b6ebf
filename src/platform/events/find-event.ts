import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { EventKinds } from './event-kind.ts';
import { loadChange } from './events.store.ts';
import { eventsOf, type LoggedEvent } from './render-event.ts';

export const findEvent = async (
  context: Context,
  scope: Scope,
  kinds: EventKinds,
  id: Uuid,
): Promise<LoggedEvent | undefined> => {
  const change = await loadChange(context, scope, id);
  return change ? eventsOf(kinds, change).find((event) => event.id === id) : undefined;
};
