// Who else hears what becomes of a setup, in the transaction that writes it: a later module that made it and
// looks after it. Whoever puts the process together gives it the listeners.

import type { Context, Database, Scope, Write } from '#kit/context';
import type { Cause, EventKind } from '#platform/events';
import type { SetupIntent } from './setup-intent.ts';

export type SetupTold = {
  /** As it is written. */
  readonly setup: SetupIntent;
  /** What the world is told of it. */
  readonly kinds: readonly EventKind[];
  readonly cause: Cause;
};

/** What it gives is committed with the setup, or neither is. */
export type SetupListener = (
  context: Context,
  scope: Scope,
  told: SetupTold,
) => Promise<readonly Write[]>;

const provided = new WeakMap<Database, readonly SetupListener[]>();

export const provideSetupListeners = (
  context: Pick<Context, 'database'>,
  listeners: readonly SetupListener[],
): void => {
  provided.set(context.database, listeners);
};

/** A setup that a merchant made by itself is nobody's business but its own. */
export const setupListenersWrites = async (
  context: Context,
  scope: Scope,
  told: SetupTold,
): Promise<readonly Write[]> => {
  if (told.setup.madeBy === null) return [];
  const listeners = provided.get(context.database) ?? [];
  return (await Promise.all(listeners.map((listener) => listener(context, scope, told)))).flat();
};
