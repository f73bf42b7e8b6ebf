// What is answered of a setup intent that was tried.

import { type PaymentMethod, renderPaymentMethod } from '#cards/methods';
import { ApiError, type Outcome } from '#platform/http';
import type { Shows } from './client-secret.ts';
import type { SetupIntent } from './setup-intent.ts';

/** A card that its bank refused is an error that carries the intent. */
export const answerOf = (
  setup: SetupIntent,
  method: PaymentMethod | null,
  shows: Shows,
  livemode: boolean,
): Outcome => {
  const { lastError } = setup;
  const shown = shows(setup, livemode);
  if (setup.status !== 'requires_payment_method' || lastError === null) return { body: shown };
  const { type: _type, message, payment_method: _, ...fields } = lastError;
  return {
    body: new ApiError(402, message, {
      ...fields,
      type: 'card_error',
      setup_intent: shown,
      ...(method === null ? {} : { payment_method: renderPaymentMethod(method, livemode) }),
    }),
  };
};
