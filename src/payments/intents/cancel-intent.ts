import type { Context } from '#kit/context';
import { lockTimeout, type Outcome, type TypedRequest } from '#platform/http';
import { asItIs } from './as-it-is.ts';
import { type Asking, askingOf } from './asking.ts';
import { canceled } from './ends.ts';
import { intentCanceled } from './events.ts';
import { findIntent } from './find-intent.ts';
import type { cancelParameters } from './intent-parameters.ts';
import { next } from './intent-states.ts';
import { letGo } from './let-go.ts';
import { endAtProvider, isPayerAway } from './payer-away.ts';
import { writePayment } from './payment.ts';
import type { CancellationReason, PaymentIntent } from './payment-intent.ts';
import { cannotCancel, cannotCancelYet, refuseMade } from './refusals.ts';
import { renderIntent } from './render-intent.ts';

const ROUNDS_MAX = 10;

export const cancelIntent = async (
  context: Context,
  request: TypedRequest<typeof cancelParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  if (request.resumes !== null) return asItIs(context, scope, request.resumes, renderIntent);
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const intent = await findIntent(context, scope, request.path['intent'] ?? '');
    if (intent.status !== 'requires_capture') refuseMade(intent, scope.livemode, 'cancel');
    const outcome = await cancel(
      context,
      askingOf(request),
      intent,
      asked.cancellation_reason ?? null,
    );
    if (outcome !== null) return outcome;
  }
  throw lockTimeout();
};

/** Null: another request was faster. */
export const cancel = async (
  context: Context,
  request: Asking,
  intent: PaymentIntent,
  reason: CancellationReason | null,
): Promise<Outcome | null> => {
  const { livemode } = request.scope;
  if (next(intent.status, 'canceled') === null) throw cannotCancel(intent, livemode);
  if (isPayerAway(intent)) return cancelAway(context, request, intent, reason);
  if (intent.doing === 'payment') return cancelWhenKnown(context, request, intent, reason);
  if (intent.doing !== null) throw cannotCancelYet(intent, intent.doing, livemode);
  if (intent.status === 'requires_capture') {
    return letGo(context, request, {
      intent,
      reason,
      change: (before) => before,
      shows: ({ intent: now }) => renderIntent(now, livemode),
    });
  }

  const written = writePayment(
    context,
    request.scope,
    {
      before: { intent, charge: null },
      intent: canceled(intent, reason, context.clock.now()),
      charge: null,
      kinds: [intentCanceled],
    },
    request.cause,
  );
  return { body: renderIntent(written.intent, livemode), writes: written.writes };
};

/**
 * Its payer may be paying just now: the wish is kept first, then the payment is ended at the provider. Whoever
 * was faster gets the money back by itself, as from everything that was cancelled too late.
 */
const cancelAway = async (
  context: Context,
  request: Asking,
  intent: PaymentIntent,
  reason: CancellationReason | null,
): Promise<Outcome | null> => {
  const { scope } = request;
  const { writes = [] } = await cancelWhenKnown(context, request, intent, reason);
  if (writes.length > 0 && !(await context.database.commit(scope, writes)).ok) return null;
  const now = await endAtProvider(context, scope, intent.id);
  return { body: renderIntent(now, scope.livemode) };
};

/**
 * Nobody knows yet whether the bank said yes, so it cannot be called cancelled. The wish is kept: as soon
 * as it is known, a yes is taken back and a no is the end, and then it is cancelled.
 */
const cancelWhenKnown = async (
  context: Context,
  request: Asking,
  intent: PaymentIntent,
  reason: CancellationReason | null,
): Promise<Outcome> => {
  const { livemode } = request.scope;
  if (intent.cancelWanted !== null) return { body: renderIntent(intent, livemode) };
  const written = writePayment(
    context,
    request.scope,
    {
      before: { intent, charge: null },
      intent: { ...intent, cancelWanted: { reason } },
      charge: null,
      kinds: [],
    },
    request.cause,
  );
  return { body: renderIntent(written.intent, livemode), writes: written.writes };
};
