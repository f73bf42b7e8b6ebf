// Why a good card is not kept. Whoever holds it is asked for minutes, and its bank may stay silent for hours:
// meanwhile a payment may use the method up, its merchant may detach it or give it to somebody else, and its
// customer may be deleted.

import { keepingFor } from '#cards/customers';
import { type PaymentMethod, renderPaymentMethod, spellMethod } from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import type { LastError } from '#payments/intents';
import { ApiError, refuse } from '#platform/http';
import { customerGone } from './refusals.ts';
import type { SetupIntent } from './setup-intent.ts';

export type Keeping =
  /** What has to hold of the customer when it is written. */
  | { readonly ok: true; readonly writes: readonly Write[] }
  | { readonly ok: false; readonly error: LastError };

export const keepingOf = async (
  context: Context,
  scope: Scope,
  { customerId }: Pick<SetupIntent, 'customerId'>,
  method: PaymentMethod,
): Promise<Keeping> => {
  const failed = (error: unknown): Keeping => ({ ok: false, error: unkept(scope, method, error) });
  const writes = customerId === null ? [] : await keepingFor(context, scope, customerId, method);
  // First, because it took what it paid with along.
  if (writes === null) return failed(customerGone());
  if (method.state === 'detached') return failed(usedUp(method));
  // Of a setup without a customer its merchant attaches the method, and may have done so by now.
  const isTaken = customerId !== null && method.customerId !== null;
  if (isTaken && method.customerId !== customerId) return failed(taken(method));
  return { ok: true, writes };
};

/** What a merchant reads of it in the setup intent. */
export const unkept = (scope: Scope, method: PaymentMethod, error: unknown): LastError => {
  if (!(error instanceof ApiError)) throw error;
  const { code, message, param, fields } = error;
  return {
    ...(code === undefined ? {} : { code }),
    ...(fields['decline_code'] === undefined ? {} : { decline_code: fields['decline_code'] }),
    message,
    ...(param === undefined ? {} : { param }),
    payment_method: renderPaymentMethod(method, scope.livemode),
    type: 'invalid_request_error',
  };
};

/** Nothing speaks against the card, and its payer can do nothing about it. */
export const isUnkept = ({ code, param }: LastError): boolean =>
  code === 'payment_method_unexpected_state' ||
  (code === 'resource_missing' && param === 'customer');

const unexpected = (message: string): ApiError =>
  refuse('payment_method_unexpected_state', { message, param: 'payment_method' });

const usedUp = (method: PaymentMethod): ApiError =>
  unexpected(
    `The payment method ${spellMethod(method)} was not kept: while this SetupIntent was under way it was used for a payment without being attached to a Customer, or was detached from one. It may not be used again. Collect it anew, and confirm with the new payment method.`,
  );

const taken = (method: PaymentMethod): ApiError =>
  unexpected(
    `The payment method ${spellMethod(method)} was not kept: while this SetupIntent was under way it was attached to another Customer than the one of this SetupIntent.`,
  );
