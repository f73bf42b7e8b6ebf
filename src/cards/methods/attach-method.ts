// Attaching and detaching. Whose customer it is has been settled by the caller: customers come later
// in the house.

import { testCards } from '#cards/bins';
import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { appendChange } from '#platform/events';
import { ApiError, cardRefused } from '#platform/http';
import { heardOfDetaching } from './detach-listeners.ts';
import { kindsFor, methodAttached, methodDetached, methodSnapshot } from './events.ts';
import type { FoundMethod } from './find-method.ts';
import type { PaymentMethod } from './payment-method.ts';
import { nextState } from './payment-method-states.ts';
import { insertMethod, updateMethod } from './payment-methods.store.ts';
import { wayToPay } from './ways-to-pay.ts';

type Request = { readonly requestId: string; readonly idempotencyKey: string | null } | null;
type Changed = { readonly method: PaymentMethod; readonly writes: readonly Write[] };

export const attachMethod = (
  context: Context,
  input: {
    readonly scope: Scope;
    readonly found: FoundMethod;
    readonly customerId: Uuid;
    readonly request: Request;
  },
): Changed => {
  const { scope, found, customerId } = input;
  const before = found.method;
  if (before.customerId === customerId && before.state === 'attached') {
    return { method: before, writes: [] };
  }
  if (before.state === 'attached') {
    throw new ApiError(
      400,
      'The payment method you provided has already been attached to a customer.',
      {
        param: 'payment_method',
      },
    );
  }
  const state = nextState(before.state, 'attach');
  if (state === null) throw usedBefore();
  if (wayToPay(before.type)?.mayBeKept === false) throw cannotBeKept(before.type);
  refuseDecliningTestCard(before);

  const kinds = kindsFor(before, methodAttached);
  const version = found.isNew ? 1 : before.version + 1;
  const method = { ...before, state, customerId, version, events: before.events + kinds.length };
  return {
    method,
    writes: [
      found.isNew ? insertMethod(scope, method) : updateMethod(scope, method),
      appendChange(context, {
        scope,
        objectId: method.id,
        sequence: before.events + 1,
        kinds,
        snapshot: methodSnapshot(method, before),
        request: input.request,
      }),
    ],
  };
};

export const detachMethod = async (
  context: Context,
  input: {
    readonly scope: Scope;
    readonly method: PaymentMethod;
    readonly request: Request;
  },
): Promise<Changed> => {
  const { scope, method: before } = input;
  const state = nextState(before.state, 'detach');
  if (state === null) {
    throw new ApiError(
      400,
      'The payment method you provided is not attached to a customer so detachment is impossible.',
      { param: 'payment_method' },
    );
  }
  const kinds = kindsFor(before, methodDetached);
  const method = {
    ...before,
    state,
    customerId: null,
    version: before.version + 1,
    events: before.events + kinds.length,
  };
  return {
    method,
    writes: [
      updateMethod(scope, method),
      appendChange(context, {
        scope,
        objectId: method.id,
        sequence: before.events + 1,
        kinds,
        snapshot: methodSnapshot(method, before),
        request: input.request,
      }),
      ...(await heardOfDetaching(context, scope, { method, request: input.request })),
    ],
  };
};

const cannotBeKept = (type: string): ApiError =>
  new ApiError(
    400,
    `A payment method of type ${type} pays once: it cannot be attached to a customer.`,
    { param: 'payment_method' },
  );

const usedBefore = (): ApiError =>
  new ApiError(
    400,
    'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.',
    { param: 'payment_method' },
  );

/** Attaching asks the issuer of a real card; these documented cards answer with a refusal. */
const refuseDecliningTestCard = ({ card }: PaymentMethod): void => {
  const refusal = testCards[card?.testCard ?? -1]?.attach;
  if (refusal === undefined) return;
  throw cardRefused(
    refusal.code,
    refusal.declineCode === undefined ? {} : { decline_code: refusal.declineCode },
  );
};

/** Paid with once while it was nobody's: it may not be used again. */
export const consumeMethod = (scope: Scope, method: PaymentMethod): readonly Write[] => {
  const state = nextState(method.state, 'consume');
  if (state === null) return [];
  return [updateMethod(scope, { ...method, state, version: method.version + 1 })];
};
