// The truth about a payment that an earlier request began and did not live to answer: nothing is begun
// anew, whatever came of it is told.

import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type Charge, loadCharge, loadChargesOfIntent } from '#payments/charges';
import type { Outcome } from '#platform/http';
import { answerOf, type Shows } from './answer.ts';
import { loadIntent } from './intents.store.ts';
import type { PaymentIntent } from './payment-intent.ts';

export const asItIs = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
  shows: Shows,
): Promise<Outcome> => {
  const intent = present(await loadIntent(context, scope, intentId), 'The payment that was begun');
  const charge = await chargeOf(context, scope, intent);
  // One that is tried again has its old failure behind it. A charge of the older API is tried once: its failure is newer
  // than the intent that was read.
  const isOld = !intent.isDirect && charge?.status === 'failed' && intent.lastError === null;
  if (charge === undefined || isOld) return { body: shows(intent, scope.livemode) };
  return answerOf(
    { intent, charge, method: null, decided: null, booked: [], writes: [] },
    shows,
    scope.livemode,
  );
};

/** A charge of the older API is what was asked for: it is shown from the moment in which it was begun. */
const chargeOf = async (
  context: Context,
  scope: Scope,
  { id, isDirect, latestChargeId }: PaymentIntent,
): Promise<Charge | undefined> => {
  if (latestChargeId !== null) return loadCharge(context, scope, latestChargeId);
  if (!isDirect) return undefined;
  const charges = await loadChargesOfIntent(context, scope, id);
  return present(charges.at(-1), 'The charge that was begun');
};
