// Letting go of what a charge of the older API holds. Its clients know no intent that they could cancel:
// they refund the charge, and it is shown as refunded although nothing was taken.

import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { CHARGE, type Charge } from '#payments/charges';
import { ApiError, refuse } from '#platform/http';
import { loadIntent } from './intents.store.ts';
import type { PaymentIntent } from './payment-intent.ts';

export const holdsDirectly = (charge: Charge): boolean =>
  charge.isDirect &&
  charge.kind === 'authorize' &&
  charge.status === 'succeeded' &&
  charge.captured === 0n;

/** The payment that holds it, where all of it may be let go of now. */
export const holdOf = async (
  context: Context,
  scope: Scope,
  charge: Charge,
  amount: number | undefined,
): Promise<PaymentIntent> => {
  const intent = present(await loadIntent(context, scope, charge.intentId), 'Its intent');
  if (intent.doing !== null) throw isUnderWay(charge);
  if (intent.status !== 'requires_capture') throw nothingHeld(charge, intent);
  if (amount !== undefined && BigInt(amount) !== charge.amount) {
    throw new ApiError(
      400,
      'A charge that was not captured is refunded whole. To take less, capture that much.',
      { param: 'amount' },
    );
  }
  return intent;
};

export const isUnderWay = ({ id, status }: Pick<Charge, 'id' | 'status'>): ApiError =>
  refuse('payment_intent_outcome_unknown', {
    message: `Charge ${spellId(CHARGE, id)} cannot be refunded now: ${status === 'pending' ? 'its payment' : 'something else of it'} is under way, and what becomes of it is not known yet. Nothing was changed.`,
  });

/** Why nothing of a charge that was never captured can be taken or go back any more. */
export const nothingHeld = (
  { id }: Pick<Charge, 'id'>,
  { cancellationReason: reason }: Pick<PaymentIntent, 'cancellationReason'>,
): ApiError => {
  const charge = spellId(CHARGE, id);
  return reason === 'expired'
    ? refuse('charge_expired_for_capture', {
        message: `The authorization of charge ${charge} has expired: it was not captured in time, its bank has let go of it, and nothing of it can be captured or refunded.`,
        charge,
      })
    : refuse('charge_already_refunded', {
        message: `Charge ${charge} has already been refunded.`,
      });
};
