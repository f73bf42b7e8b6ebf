// Taking what a payment holds, where its provider knows no purchase in one step: an authorization and then
// its capture. Between the two the payment is processing, whoever goes on with it.

import { loadMethods, parseMethodId, renderPaymentMethod } from '#cards/methods';
import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import {
  CHARGE,
  type Charge,
  errorFieldsOf,
  type Failure,
  failureOf,
  loadCharge,
  notProcessed,
} from '#payments/charges';
import { ApiError, errorCodes, type Outcome } from '#platform/http';
import { enqueue } from '#platform/jobs';
import { answerOf, type Shows } from './answer.ts';
import { asItIs } from './as-it-is.ts';
import { type Asking, askingByItself } from './asking.ts';
import { givenUp } from './conclude-capture.ts';
import { type Concluded, RELEASE_JOB } from './hear.ts';
import { writePayment } from './payment.ts';
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

/** Its bank lets it go by itself now: it is not asked to give it any more. */
const giveUpHeld = async (
  context: Context,
  scope: Scope,
  before: { readonly intent: PaymentIntent; readonly charge: Charge },
): Promise<void> => {
  const method = parseMethodId(before.charge.method.id);
  const methods = await loadMethods(context, scope, method === null ? [] : [method]);
  const shown = methods.get(method ?? '');
  const { intent, charge, kinds } = givenUp(before, notProcessed(), () =>
    shown === undefined ? null : renderPaymentMethod(shown, scope.livemode),
  );
  await context.database.commit(scope, [
    ...writePayment(context, scope, { before, intent, charge, kinds }, null).writes,
    enqueue(context, { name: RELEASE_JOB, payload: { ...scope, charge: charge.id } }),
  ]);
};

/** Nobody lived to take it, or it could not be sent: it is taken now. */
export const takeLeftHeld = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
): Promise<void> => {
  const charge = await loadCharge(context, scope, intent.latestChargeId ?? '');
  if (charge === undefined || charge.capturing > 0n) return;
  if (charge.captureBeforeMs !== null && charge.captureBeforeMs <= context.clock.now()) {
    await giveUpHeld(context, scope, { intent, charge });
    return;
  }
  await takeHeld(context, askingByItself(scope), { intent, charge }, () => null);
};
