// How a charge is begun, by who takes it and by what came with it.

import type { PaymentMethod } from '#cards/methods';
import type { Charge } from '#payments/charges';
import type { Candidate } from '#rails/connectors';
import { isManual, type PaymentIntent } from './payment-intent.ts';

export const seenOf = (
  intent: PaymentIntent,
  method: PaymentMethod,
): Pick<Charge, 'radarSession'> => {
  const radarSession = intent.radarSession ?? method.radarSession;
  return radarSession === undefined ? {} : { radarSession };
};

/** Whoever knows no purchase holds the money first, and then it is taken. */
export const kindAt = ({ operations }: Candidate, intent: PaymentIntent): Charge['kind'] =>
  isManual(intent) || operations.sale === undefined ? 'authorize' : 'sale';

/** What was asked for with the payment, as far as whoever takes it can do it. */
export const offeredBy = (
  { operations }: Candidate,
  intent: PaymentIntent,
): Pick<Charge, 'mayBeRaised' | 'mayBeSplit'> => ({
  mayBeRaised:
    isManual(intent) && intent.cardOptions.incremental && operations.increment !== undefined,
  mayBeSplit:
    isManual(intent) && intent.cardOptions.multicapture && operations.capture?.multiple === true,
});
