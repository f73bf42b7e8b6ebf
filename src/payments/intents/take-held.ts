// Taking what a payment holds, where its provider knows no purchase in one step: an authorization and then
// its capture. Between the two the payment is processing, whoever goes on with it.

import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { CHARGE, errorFieldsOf, type Failure, failureOf, loadCharge } from '#payments/charges';
import { ApiError, errorCodes, type Outcome } from '#platform/http';
import { answerOf, type Shows } from './answer.ts';
import { asItIs } from './as-it-is.ts';
import { type Asking, askingByItself } from './asking.ts';
import type { Concluded } from './hear.ts';
import { isManual, type PaymentIntent } from './payment-intent.ts';
import { sendFollowing } from './send-following.ts';

export const isHeldToTake = (intent: PaymentIntent): boolean =>
  intent.doing === 'capture' && !isManual(intent);

/** The key is this request's already: it was claimed with the authorization. */
export const takeHeld = async (
  context: Context,
  request: Asking,
  { intent, charge }: Pick<Concluded, 'intent' | 'charge'>,
  shows: Shows,
): Promise<Outcome> => {
  const { scope } = request;
  const going: Asking = { ...request, claim: () => [], claimed: () => {} };
  const captures = charge.captures + 1;
  const amount = intent.capturable;
  const outcome = await sendFollowing(context, going, {
    kind: 'capture',
    ordinal: captures,
    attempt: 1,
    amount,
    before: { intent, charge },
    intent: { ...intent, dueAtMs: null },
    charge: { ...charge, captures, capturing: amount, isCaptureOver: true },
    isLast: true,
    reason: null,
    answer: (concluded, heard) =>
      heard?.state === 'declined' || heard?.state === 'reversed'
        ? refused(concluded, failureOf(heard.code, heard.told), shows, scope)
        : answerOf(concluded, shows, scope.livemode),
  });
  return outcome ?? asItIs(context, scope, intent.id, shows);
};

const refused = (
  { intent, charge }: Concluded,
  failure: Failure,
  shows: Shows,
  { livemode }: Scope,
): Outcome => ({
  body: new ApiError(errorCodes[failure.code].status, failure.message, {
    ...errorFieldsOf(failure),
    type: 'card_error',
    charge: spellId(CHARGE, charge.id),
    ...(intent.isDirect ? {} : { payment_intent: shows(intent, livemode) }),
  }),
});

/** Nobody lived to take it, or it could not be sent: it is taken now. */
export const takeLeftHeld = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
): Promise<void> => {
  const charge = await loadCharge(context, scope, intent.latestChargeId ?? '');
  if (charge === undefined || charge.capturing > 0n) return;
  await takeHeld(context, askingByItself(scope), { intent, charge }, () => null);
};
