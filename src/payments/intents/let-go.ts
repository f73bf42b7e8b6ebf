// Letting go of what a payment holds and has not captured: all of it, or what is left after a part. An
// operation like any other.

import { present } from '#kit/assert';
import type { Context } from '#kit/context';
import { loadCharge } from '#payments/charges';
import { ApiError, type Outcome } from '#platform/http';
import { relatedOf } from './answer.ts';
import type { Asking } from './asking.ts';
import type { Concluded } from './hear.ts';
import type { CancellationReason, PaymentIntent } from './payment-intent.ts';
import { renderIntent } from './render-intent.ts';
import { sendFollowing } from './send-following.ts';

export type LettingGo = {
  readonly intent: PaymentIntent;
  readonly reason: CancellationReason | null;
  readonly change: (intent: PaymentIntent) => PaymentIntent;
  readonly shows: (concluded: Pick<Concluded, 'intent' | 'charge'>) => unknown;
};

/** Null: another request was faster. */
export const letGo = async (
  context: Context,
  request: Asking,
  { intent, reason, change, shows }: LettingGo,
): Promise<Outcome | null> => {
  const { scope } = request;
  const charge = present(
    await loadCharge(context, scope, intent.latestChargeId ?? ''),
    'The charge that is held',
  );
  const voids = intent.voids + 1;
  return sendFollowing(context, request, {
    kind: 'void',
    ordinal: charge.attempt,
    attempt: voids,
    amount: intent.capturable,
    before: { intent, charge },
    intent: {
      ...change(intent),
      status: 'processing',
      doing: 'void',
      isProcessingTold: false,
      cancelWanted: { reason },
      voids,
      dueAtMs: null,
    },
    charge,
    isLast: true,
    reason,
    answer: (concluded) => answerOf(concluded, shows, scope.livemode),
  });
};

const answerOf = (concluded: Concluded, shows: LettingGo['shows'], livemode: boolean): Outcome => {
  const { intent, decided } = concluded;
  if (intent.status === 'requires_capture' && decided !== null) {
    return {
      body: new ApiError(
        402,
        'The bank did not accept the cancellation. The authorization stands as before: try again, or capture it.',
        {
          type: 'card_error',
          code: 'cancel_declined',
          ...(intent.isDirect ? {} : { payment_intent: renderIntent(intent, livemode) }),
        },
      ),
    };
  }
  return { body: shows(concluded), related: relatedOf(concluded, livemode) };
};
