// Who else hears that a method leaves its customer for good, in the transaction that writes it: a later module that keeps
// what was agreed for it. Whoever puts the process together gives us the listeners.

import type { Context, Database, Scope, Write } from '#kit/context';
import type { Cause } from '#platform/events';
import type { PaymentMethod } from './payment-method.ts';

export type Detached = {
  readonly method: PaymentMethod;
  readonly request: Cause;
};

/** What it gives is committed with the detaching, or neither is. */
export type DetachListener = (
  context: Context,
  scope: Scope,
  detached: Detached,
) => Promise<readonly Write[]>;

const provided = new WeakMap<Database, readonly DetachListener[]>();

export const provideDetachListeners = (
  context: Pick<Context, 'database'>,
  listeners: readonly DetachListener[],
): void => {
  provided.set(context.database, listeners);
};

export const heardOfDetaching = async (
  context: Context,
  scope: Scope,
  detached: Detached,
): Promise<readonly Write[]> => {
  const listeners = provided.get(context.database) ?? [];
  return (
    await Promise.all(listeners.map((listener) => listener(context, scope, detached)))
  ).flat();
};
