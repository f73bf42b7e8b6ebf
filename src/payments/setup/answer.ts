// What is answered of a setup intent that was tried.

import { type PaymentMethod, renderPaymentMethod, spellMethod } from '#cards/methods';
import { spellId } from '#kit/ids';
import { MANDATE, type Mandate, renderMandate } from '#payments/confirmation';
import { ApiError, type Outcome } from '#platform/http';
import type { Shows } from './client-secret.ts';
import { renderAttempt, SETUP_ATTEMPT } from './render-setup.ts';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';
import { isUnkept } from './unkept.ts';

export type Answered = {
  readonly setup: SetupIntent;
  readonly method: PaymentMethod | null;
  readonly attempt?: SetupAttempt;
  readonly mandate?: Mandate | null;
};

/** What `expand` may want before it is committed. */
export const relatedOf =
  (
    { method, attempt, mandate = null }: Omit<Answered, 'setup'>,
    livemode: boolean,
  ): NonNullable<Outcome['related']> =>
  () => ({
    ...(method === null ? {} : { [spellMethod(method)]: renderPaymentMethod(method, livemode) }),
    ...(attempt === undefined
      ? {}
      : { [spellId(SETUP_ATTEMPT, attempt.id)]: renderAttempt(attempt, livemode) }),
    ...(mandate === null
      ? {}
      : { [spellId(MANDATE, mandate.id)]: renderMandate(mandate, livemode) }),
  });

/** A card that its bank refused is an error that carries the intent. */
export const answerOf = (answered: Answered, shows: Shows, livemode: boolean): Outcome => {
  const { setup, method } = answered;
  const { lastError } = setup;
  const shown = shows(setup, livemode);
  if (setup.status !== 'requires_payment_method' || lastError === null) {
    return { body: shown, related: relatedOf(answered, livemode) };
  }
  const { type: _type, message, payment_method: _, ...fields } = lastError;
  const ofCard = !isUnkept(lastError);
  return {
    body: new ApiError(ofCard ? 402 : 400, message, {
      ...fields,
      type: ofCard ? 'card_error' : 'invalid_request_error',
      setup_intent: shown,
      ...(method === null ? {} : { payment_method: renderPaymentMethod(method, livemode) }),
    }),
  };
};
