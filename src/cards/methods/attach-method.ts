// Attaching and detaching. Whose customer it is has been settled by the caller: customers come later
// in the house.

import { testCards } from '#cards/bins';
import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Cause } from '#platform/events';
import { ApiError, cardRefused } from '#platform/http';
import { type Changed, changeMethod } from './change-method.ts';
import { heardOfDetaching } from './detach-listeners.ts';
import { methodAttached, methodDetached } from './events.ts';
import type { FoundMethod } from './find-method.ts';
import type { PaymentMethod } from './payment-method.ts';
import { nextState } from './payment-method-states.ts';
import { updateMethod } from './payment-methods.store.ts';
import { wayToPay } from './ways-to-pay.ts';

export const attachMethod = (
  context: Context,
  input: {
    readonly scope: Scope;
    readonly found: FoundMethod;
    readonly customerId: Uuid;
    readonly request: Cause;
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

  const change = { scope, before, after: { ...before, state, customerId }, cause: input.request };
  return changeMethod(context, change, methodAttached, found.isNew);
};

export const detachMethod = async (
  context: Context,
  input: {
    readonly scope: Scope;
    readonly method: PaymentMethod;
    readonly request: Cause;
  },
): Promise<Changed> => {
  const { scope, method: before, request } = input;
  const state = nextState(before.state, 'detach');
  if (state === null) {
    throw new ApiError(
      400,
      'The payment method you provided is not attached to a customer so detachment is impossible.',
      { param: 'payment_method' },
    );
  }
  const change = { scope, before, after: { ...before, state, customerId: null }, cause: request };
  const { method, writes } = changeMethod(context, change, methodDetached);
  return {
    method,
    writes: [...writes, ...(await heardOfDetaching(context, scope, { method, request }))],
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
