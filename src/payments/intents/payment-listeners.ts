// Who else hears what becomes of a payment, in the transaction that writes it: a later module that made the
// payment and looks after it. Whoever puts the process together gives it the listeners.

import type { Context, Database, Scope, Write } from '#kit/context';
import type { Charge } from '#payments/charges';
import type { Cause, EventKind } from '#platform/events';
import type { PaymentIntent } from './payment-intent.ts';

export type PaymentTold = {
  /** As it is written. */
  readonly intent: PaymentIntent;
  /** Of the attempt in question; null where no provider was called. */
  readonly charge: Charge | null;
  /** What the world is told of it. */
  readonly kinds: readonly EventKind[];
  /** The provider has taken it on and will tell: that is not to say that nobody knows. */
  readonly isTakenOn: boolean;
  readonly cause: Cause;
};

/** What it gives is committed with the payment, or neither is. */
export type PaymentListener = (
  context: Context,
  scope: Scope,
  told: PaymentTold,
) => Promise<readonly Write[]>;

const provided = new WeakMap<Database, readonly PaymentListener[]>();

export const providePaymentListeners = (
  context: Pick<Context, 'database'>,
  listeners: readonly PaymentListener[],
): void => {
  provided.set(context.database, listeners);
};

/** A payment that a merchant made by itself is nobody's business but its own, unless its payer agreed to more. */
export const isListenedTo = ({ madeBy, mandate }: PaymentIntent): boolean =>
  madeBy !== null || mandate !== undefined;

export const paymentListenersWrites = async (
  context: Context,
  scope: Scope,
  told: PaymentTold,
): Promise<readonly Write[]> => {
  if (!isListenedTo(told.intent)) return [];
  const listeners = provided.get(context.database) ?? [];
  return (await Promise.all(listeners.map((listener) => listener(context, scope, told)))).flat();
};
