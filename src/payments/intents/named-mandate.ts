// The mandate that a confirmation names: what its payer agreed to before, with a setup or with an earlier payment. A later
// module keeps mandates and finds them; whoever puts the process together gives it to us.

import { type PaymentMethod, spellMethod } from '#cards/methods';
import type { Context, Database, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { MANDATE, type Mandate } from '#payments/confirmation';
import { type ApiError, refuse } from '#platform/http';

/** Refuses what is not there. */
export type FindMandate = (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
) => Promise<Mandate>;

const provided = new WeakMap<Database, FindMandate>();

export const provideMandates = (context: Pick<Context, 'database'>, find: FindMandate): void => {
  provided.set(context.database, find);
};

export const namedMandate = async (
  context: Context,
  scope: Scope,
  spelled: string | undefined,
): Promise<Mandate | null> => {
  if (spelled === undefined) return null;
  const find = provided.get(context.database);
  if (find === undefined) throw new Error('Nobody finds mandates in this process.');
  return find(context, scope, spelled, 'mandate');
};

/** Whoever agreed has agreed to payments with that method, and once where it was for one payment. */
export const refuseMandate = (mandate: Mandate | null, method: PaymentMethod): void => {
  if (mandate === null) return;
  const id = spellId(MANDATE, mandate.id);
  const tried = spellMethod(method);
  if (mandate.methodId !== tried) {
    throw invalid(
      `The mandate ${id} is for the PaymentMethod ${mandate.methodId}, and not for the one of this payment (${tried}).`,
    );
  }
  if (mandate.singleUse !== undefined) {
    throw invalid(
      `The mandate ${id} was for the one payment that it was made with. For later ones, ask with \`setup_future_usage\`, or by a SetupIntent.`,
    );
  }
};

const invalid = (message: string): ApiError =>
  refuse('payment_intent_mandate_invalid', { message, param: 'mandate' });
