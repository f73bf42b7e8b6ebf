// The proof that the holder of a card agreed goes with the one operation it was made for. Where it does
// not fit any more (another merchant, another amount, too old) the payment goes on without it: what a bank
// makes of that is the bank's to say.

import type { PaymentMethod } from '#cards/methods';
import { type Authentication, useAuthentication } from '#cards/three-ds';
import type { Context, Scope, Write } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import { INTENT } from '#payments/charges';
import { type At, railsOf } from '#rails/connectors';
import type { PaymentIntent } from './payment-intent.ts';

export type Proven = {
  readonly authentication: Authentication | null;
  /** Committed with the operation: whoever comes second loses. */
  readonly writes: readonly Write[];
};

export const useProof = async (
  context: Context,
  scope: Scope,
  given: {
    readonly intent: PaymentIntent;
    readonly method: PaymentMethod;
    /** With which account it is paid. */
    readonly at: At;
    readonly operationId: Uuid;
    readonly authenticationId: Uuid;
  },
): Promise<Proven> => {
  const { intent, method, at, operationId, authenticationId } = given;
  const terms = await railsOf(context).holderTerms(context, scope, at);
  if (terms === null || method.cardId === null) return { authentication: null, writes: [] };
  const used = await useAuthentication(context, scope, {
    id: authenticationId,
    operationId,
    intentId: intent.id,
    card: method.cardId,
    amount: intent.amount,
    currency: intent.currency,
    merchantId: terms.merchant.id,
  });
  if (used.ok) return { authentication: used.authentication, writes: [used.write] };
  // The browser that comes back and the worker go on with it at once: who was slower finds it used, and loses.
  context.log[used.code === 'already_used' ? 'debug' : 'warn'](
    { about: spellId(INTENT, intent.id), code: used.code },
    'A payment goes on without the proof of its holder',
  );
  return { authentication: null, writes: [] };
};
