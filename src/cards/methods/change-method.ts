// What every change of a method comes to: its next version, and the events that tell of it.

import { vaultOf } from '#cards/vault';
import type { Context, Scope, Write } from '#kit/context';
import { appendChange, type Cause, type EventKind } from '#platform/events';
import { kindsFor, methodSnapshot, methodUpdated } from './events.ts';
import type { PaymentMethod } from './payment-method.ts';
import { insertMethod, updateMethod } from './payment-methods.store.ts';

export type Changed = { readonly method: PaymentMethod; readonly writes: readonly Write[] };

type Change = {
  readonly scope: Scope;
  readonly before: PaymentMethod;
  readonly after: PaymentMethod;
  readonly cause: Cause;
};

/** `isNew`: its row is only written now. */
export const changeMethod = (
  context: Context,
  { scope, before, after, cause }: Change,
  kind: EventKind,
  isNew = false,
): Changed => {
  const kinds = kindsFor(before, kind);
  const version = isNew ? 1 : before.version + 1;
  const method = { ...after, version, events: before.events + kinds.length };
  return {
    method,
    writes: [
      isNew ? insertMethod(scope, method) : updateMethod(scope, method),
      appendChange(context, {
        scope,
        objectId: method.id,
        sequence: before.events + 1,
        kinds,
        snapshot: methodSnapshot(method, before),
        request: cause,
      }),
    ],
  };
};

/** What its owner changes of it. Where nothing is another, nothing is written and nothing told. */
export const updateDetails = async (context: Context, change: Change): Promise<Changed> => {
  const { scope, before, after } = change;
  if (JSON.stringify(after) === JSON.stringify(before)) return { method: before, writes: [] };
  // The vault's copy first: should the rest fail, the same request again ends where it should.
  if (after.cardId !== null && after.card !== null && isExpiryChanged(before, after)) {
    const { expMonth, expYear } = after.card;
    await vaultOf(context).changeExpiry(context, {
      scope,
      card: after.cardId,
      expiry: { expMonth, expYear },
    });
  }
  return changeMethod(context, change, methodUpdated);
};

const isExpiryChanged = (before: PaymentMethod, after: PaymentMethod): boolean =>
  before.card?.expMonth !== after.card?.expMonth || before.card?.expYear !== after.card?.expYear;
