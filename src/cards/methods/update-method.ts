import type { Context } from '#kit/context';
import { ApiError, type Outcome, type TypedRequest } from '#platform/http';
import { applyCommon } from './apply-parameters.ts';
import { updateDetails } from './change-method.ts';
import { checkExpiry, fullYear } from './check-card.ts';
import { findMethod } from './find-method.ts';
import type { updateMethodParameters } from './method-parameters.ts';
import type { PaymentMethod } from './payment-method.ts';
import { nextState } from './payment-method-states.ts';
import { renderPaymentMethod } from './render-payment-method.ts';

export const updateMethod = async (
  context: Context,
  request: TypedRequest<typeof updateMethodParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const {
    method: before,
    isNew,
    undo,
  } = await findMethod(context, scope, request.path['payment_method'] ?? '');
  // A ready-made method is nobody's yet, and a detached one is nobody's any more.
  if (isNew || before.customerId === null || nextState(before.state, 'update') === null) {
    await undo?.();
    throw new ApiError(
      400,
      'You must save this PaymentMethod to a customer before you can update it.',
      { param: 'payment_method' },
    );
  }

  const after = withCard(applyCommon(before, asked), asked.card, context.clock.now());
  const change = { scope, before, after, cause: request };
  const { method, writes } = await updateDetails(context, change);
  return { body: renderPaymentMethod(method, scope.livemode), writes };
};

type AskedCard = {
  readonly exp_month?: number;
  readonly exp_year?: number;
  readonly networks?: { readonly preferred?: string | null };
};

const withCard = (
  method: PaymentMethod,
  asked: AskedCard | undefined,
  nowMs: number,
): PaymentMethod => {
  if (asked === undefined) return method;
  const { card } = method;
  if (card === null) {
    throw new ApiError(400, 'This PaymentMethod is not a card.', { param: 'card' });
  }
  const expMonth = asked.exp_month ?? card.expMonth;
  const expYear = fullYear(asked.exp_year ?? card.expYear);
  if (asked.exp_month !== undefined || asked.exp_year !== undefined) {
    const fault = checkExpiry({ expMonth, expYear }, nowMs);
    if (fault !== null) throw fault;
  }
  const preferred = asked.networks?.preferred;
  if (preferred && card.coBrand === null) {
    throw new ApiError(400, 'A preferred network can only be chosen for a card of two networks.', {
      param: 'card[networks][preferred]',
    });
  }
  return {
    ...method,
    card: {
      ...card,
      expMonth,
      expYear,
      preferred: preferred === undefined ? card.preferred : preferred,
    },
  };
};
