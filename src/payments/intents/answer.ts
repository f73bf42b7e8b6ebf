// What a request is answered once its payment has an outcome.

import { renderPaymentMethod, spellMethod } from '#cards/methods';
import { spellId } from '#kit/ids';
import { CHARGE, type Charge, errorFieldsOf, renderCharge } from '#payments/charges';
import { MANDATE, renderMandate } from '#payments/confirmation';
import { ApiError, errorCodes, type Outcome } from '#platform/http';
import type { Concluded } from './hear.ts';
import type { PaymentIntent } from './payment-intent.ts';

/** How the caller sees an intent: whole, or as a page with a publishable key does. */
export type Shows = (intent: PaymentIntent, livemode: boolean) => unknown;

/** What `expand` may want before it is committed. */
export const relatedOf =
  (
    { intent, charge, method, booked }: Pick<Concluded, 'intent' | 'charge' | 'method' | 'booked'>,
    livemode: boolean,
  ): NonNullable<Outcome['related']> =>
  () => ({
    [spellId(CHARGE, charge.id)]: renderCharge(charge, livemode),
    ...(method === null ? {} : { [spellMethod(method)]: renderPaymentMethod(method, livemode) }),
    ...Object.assign({}, ...booked.map(({ shown }) => shown())),
    ...mandateOf(intent, charge, livemode),
  });

const mandateOf = (
  { mandate }: PaymentIntent,
  { mandateId, method }: Charge,
  livemode: boolean,
): Readonly<Record<string, unknown>> =>
  mandate === undefined || mandate.id !== mandateId
    ? {}
    : {
        [spellId(MANDATE, mandate.id)]: renderMandate(
          { ...mandate, methodId: method.id, methodType: method.type },
          livemode,
        ),
      };

export const answerOf = (concluded: Concluded, shows: Shows, livemode: boolean): Outcome => {
  const { intent, charge, method } = concluded;
  const shown = intent.isDirect ? renderCharge(charge, livemode) : shows(intent, livemode);
  const isOver = intent.status === 'canceled' || intent.status === 'requires_action';
  if (charge.status !== 'failed' || charge.failure === null || isOver) {
    return { body: shown, related: relatedOf(concluded, livemode) };
  }
  const { failure } = charge;
  return {
    body: new ApiError(errorCodes[failure.code].status, failure.message, {
      ...errorFieldsOf(failure),
      type: failure.isOfCard === false ? 'invalid_request_error' : 'card_error',
      charge: spellId(CHARGE, charge.id),
      ...(intent.isDirect ? {} : { payment_intent: shown }),
      ...(method === null || intent.isDirect
        ? {}
        : { payment_method: renderPaymentMethod(method, livemode) }),
    }),
  };
};
