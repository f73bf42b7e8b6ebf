// One attempt at keeping a card, as it begins.

import { type PaymentMethod, spellMethod } from '#cards/methods';
import { type Authentication, shownProof } from '#cards/three-ds';
import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';
import { blankIntent } from '#payments/intents';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';

/** No amount has no currency; hosts want one all the same. */
export const CURRENCY = 'usd';

/** As those see it who know payments alone. */
export const asPayment = (setup: SetupIntent) => {
  const blank = blankIntent(setup.id, { amount: 0n, currency: CURRENCY, secret: '' });
  return {
    ...blank,
    customerId: setup.customerId,
    madeBy: setup.madeBy,
    returnUrl: setup.returnUrl,
    methodId: setup.methodId,
    cardOptions: { ...blank.cardOptions, requestThreeDSecure: setup.requestThreeDSecure },
  };
};

export const newAttempt = (
  context: Context,
  { setup, method }: { readonly setup: SetupIntent; readonly method: PaymentMethod },
  status: SetupAttempt['status'],
  authentication: Authentication | null,
): SetupAttempt => ({
  id: newUuid(context),
  version: 1,
  setupId: setup.id,
  attempt: setup.attempts + 1,
  status,
  customerId: setup.customerId,
  usage: setup.usage,
  method: { id: spellMethod(method), type: method.type, card: method.card },
  error: null,
  threeDSecure: proofOf(authentication),
});

export const proofOf = (authentication: Authentication | null): SetupAttempt['threeDSecure'] =>
  authentication === null ? null : shownProof(authentication);
