// Letting go of what a payment holds and has not captured: all of it, or what is left after a part. An
// operation like any other.

import { present } from '#kit/assert';
import type { Context } from '#kit/context';
import { type Charge, loadCharge } from '#payments/charges';
import { ApiError, type Outcome } from '#platform/http';
import type { Conclusion } from '#rails/operations';
import { relatedOf } from './answer.ts';
import type { Asking } from './asking.ts';
import { writesOfEnd } from './end-released.ts';
import type { Concluded } from './hear.ts';
import type { CancellationReason, PaymentIntent } from './payment-intent.ts';
import { renderIntent } from './render-intent.ts';
import { type Beside, sendFollowing } from './send-following.ts';

export type LettingGo = {
  readonly intent: PaymentIntent;
  readonly reason: CancellationReason | null;
  readonly change: (intent: PaymentIntent) => PaymentIntent;
  /** A refund that tells of it, of the charge as it was read, and the charge with it. */
  readonly beside?: Beside & { readonly before: Charge; readonly charge: Charge };
  /** What else is new, for those who expand it. */
  readonly related?: (heard: Conclusion | null) => Readonly<Record<string, unknown>>;
  /** A no is shown like a yes, by what it left as it was, and not as an error. */
  readonly showsNo?: boolean;
  /** `heard` is what the provider said to this very request, if it did. */
  readonly shows: (
    concluded: Pick<Concluded, 'intent' | 'charge'>,
    heard: Conclusion | null,
  ) => unknown;
};

/** Null: another request was faster. */
export const letGo = async (
  context: Context,
  request: Asking,
  letting: LettingGo,
): Promise<Outcome | null> => {
  const { scope } = request;
  const { intent, reason, change, beside } = letting;
  const charge =
    beside?.before ??
    present(
      await loadCharge(context, scope, intent.latestChargeId ?? ''),
      'The charge that is held',
    );
  // Its bank has let go of it: nobody has to be asked, and none could be sent beside the one that did.
  if (charge.isCaptureOver && beside === undefined) {
    const asked = { ...change(intent), cancelWanted: { reason } };
    const written = writesOfEnd(context, scope, { intent: asked, charge }, request.cause);
    const concluded = { intent: written.intent, charge };
    return { body: letting.shows(concluded, null), writes: written.writes };
  }
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
    charge: beside?.charge ?? charge,
    ...(beside === undefined ? {} : { beside }),
    isLast: true,
    reason,
    answer: (concluded, heard) => answerOf(concluded, heard, letting, scope.livemode),
  });
};

const answerOf = (
  concluded: Concluded,
  heard: Conclusion | null,
  { shows, related, showsNo = false }: LettingGo,
  livemode: boolean,
): Outcome => {
  const { intent, decided } = concluded;
  if (!showsNo && intent.status === 'requires_capture' && decided !== null) {
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
  return {
    body: shows(concluded, heard),
    related: () => ({ ...relatedOf(concluded, livemode)(), ...related?.(heard) }),
  };
};
