// Taking back an authorization that nobody wants any more: it was approved after its payment had been
// cancelled, or had been told to have failed. An operation like any other.

import type { Context, Scope, Write } from '#kit/context';
import { type Charge, loadCharge, updateCharge } from '#payments/charges';
import { askingByItself } from './asking.ts';
import { canceled } from './ends.ts';
import { intentCanceled } from './events.ts';
import { loadIntent } from './intents.store.ts';
import { isVoidedSince } from './late-word.ts';
import { writePayment } from './payment.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { sendFollowing } from './send-following.ts';

/**
 * Of an authorization; nothing happens where another is at it already, or it is done. False: somebody changed it
 * meanwhile who is not at it, and everything is to be read and decided anew.
 */
export const releaseHeld = async (
  context: Context,
  scope: Scope,
  chargeId: Charge['id'],
): Promise<boolean> => {
  const charge = await loadCharge(context, scope, chargeId);
  const intent = charge && (await loadIntent(context, scope, charge.intentId));
  if (charge === undefined || intent === undefined || charge.isCaptureOver) return true;

  const isOver = (charge.captureBeforeMs ?? 0) <= context.clock.now();
  if (isOver) return endByTime(context, scope, intent, charge);
  const voids = intent.voids + 1;
  const sent = await sendFollowing(context, askingByItself(scope), {
    kind: 'void',
    ordinal: charge.attempt,
    attempt: voids,
    amount: charge.amount,
    before: { intent, charge },
    intent: { ...intent, voids },
    charge,
    isLast: true,
    reason: null,
    answer: () => ({ body: null }),
  });
  if (sent !== null) return true;
  const since = { intentId: intent.id, ordinal: charge.attempt, attempt: intent.voids };
  return isVoidedSince(context, scope, since);
};

/** Its bank has let it go by itself. False: somebody was faster. */
const endByTime = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
  charge: Charge,
): Promise<boolean> => {
  const isOfIntent = intent.doing === 'void' && intent.latestChargeId === charge.id;
  const released = { ...charge, isCaptureOver: true, version: charge.version + 1 };
  const { ok } = await context.database.commit(scope, [
    updateCharge(scope, released),
    ...(isOfIntent ? endCanceled(context, scope, intent) : []),
  ]);
  return ok;
};

/** Of an intent whose cancellation was wanted while nobody knew, once nothing of it is alive. */
export const endCanceled = (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
): readonly Write[] =>
  writePayment(
    context,
    scope,
    {
      before: { intent, charge: null },
      intent: canceled(intent, intent.cancelWanted?.reason ?? null, context.clock.now()),
      charge: null,
      kinds: [intentCanceled],
    },
    null,
  ).writes;
