import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import {
  type Charge,
  checkPartAmount,
  expectMovement,
  loadCharge,
  renderCharge,
} from '#payments/charges';
import {
  ApiError,
  lockTimeout,
  mergeMetadata,
  type Outcome,
  refuse,
  type TypedRequest,
} from '#platform/http';
import { relatedOf } from './answer.ts';
import { descriptor, refuseWhatCannotBe } from './apply-parameters.ts';
import { asItIs } from './as-it-is.ts';
import { type Asking, askingOf } from './asking.ts';
import { CAPTURES_MAX, placesLeft } from './capture-places.ts';
import { findIntentWithCharge } from './find-intent.ts';
import type { Concluded } from './hear.ts';
import type { captureParameters } from './intent-parameters.ts';
import { letGo } from './let-go.ts';
import { withOrderDetails } from './order-details.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { cannotCapture, cannotCaptureChargeYet } from './refusals.ts';
import { nothingHeld } from './release-direct-charge.ts';
import { renderIntent } from './render-intent.ts';
import { sendFollowing } from './send-following.ts';

const ROUNDS_MAX = 10;

export const captureIntent = async (
  context: Context,
  request: TypedRequest<typeof captureParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  refuseWhatCannotBe(asked);
  if (request.resumes !== null) return asItIs(context, scope, request.resumes, renderIntent);

  expectMovement(context, scope);
  const spelled = request.path['intent'] ?? '';
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const { intent, charge } = await findIntentWithCharge(context, scope, spelled);
    const outcome = await capture(context, askingOf(request), {
      intent,
      ...(charge === undefined ? {} : { charge }),
      amount: asked.amount_to_capture === undefined ? null : BigInt(asked.amount_to_capture),
      param: 'amount_to_capture',
      isFinal: asked.final_capture ?? true,
      change: (before) => ({
        ...withOrderDetails(
          withDescriptors(before, asked),
          asked,
          asked.amount_to_capture ?? before.capturable,
        ),
        metadata: mergeMetadata(before.metadata, asked.metadata),
      }),
      // What was said since the hold, of the payment or of its raising, is told with this.
      changeCharge: (before) => withDescriptors({ ...before, ...descriptorsOf(intent) }, asked),
      shows: ({ intent: now }) => renderIntent(now, scope.livemode),
    });
    if (outcome !== null) return outcome;
  }
  throw lockTimeout();
};

type Descriptors = Pick<PaymentIntent, 'statementDescriptor' | 'statementDescriptorSuffix'>;

const descriptorsOf = ({
  statementDescriptor,
  statementDescriptorSuffix,
}: Descriptors): Descriptors => ({ statementDescriptor, statementDescriptorSuffix });

/** What a card's holder reads may be said as late as with the capture. */
export const withDescriptors = <T extends Descriptors>(
  before: T,
  asked: {
    readonly statement_descriptor?: string;
    readonly statement_descriptor_suffix?: string;
  },
): T => ({
  ...before,
  ...(asked.statement_descriptor === undefined
    ? {}
    : { statementDescriptor: descriptor('statement_descriptor', asked.statement_descriptor) }),
  ...(asked.statement_descriptor_suffix === undefined
    ? {}
    : {
        statementDescriptorSuffix: descriptor(
          'statement_descriptor_suffix',
          asked.statement_descriptor_suffix,
        ),
      }),
});

export type Capture = {
  readonly intent: PaymentIntent;
  /** The one that is held, where it was read already. */
  readonly charge?: Charge;
  /** Null: all that is left. */
  readonly amount: bigint | null;
  /** What the amount is called where it was asked. */
  readonly param: 'amount' | 'amount_to_capture';
  readonly isFinal: boolean;
  readonly change: (intent: PaymentIntent) => PaymentIntent;
  readonly changeCharge: (charge: Charge) => Charge;
  readonly shows: (concluded: Pick<Concluded, 'intent' | 'charge'>) => unknown;
};

/** Null: another request was faster. */
export const capture = async (
  context: Context,
  request: Asking,
  { intent, charge: known, amount: asked, param, isFinal, change, changeCharge, shows }: Capture,
): Promise<Outcome | null> => {
  const { scope } = request;
  if (intent.status !== 'requires_capture') {
    if (!intent.isDirect) throw cannotCapture(intent, scope.livemode);
    const id = intent.latestChargeId;
    throw intent.status === 'canceled' && id !== null
      ? nothingHeld({ id }, intent)
      : cannotCaptureChargeYet();
  }
  // What was read a moment before it was authorized is not held yet.
  const charge = known?.operationId
    ? known
    : present(
        await loadCharge(context, scope, intent.latestChargeId ?? ''),
        'The charge that is held',
      );
  const amount = asked ?? intent.capturable;
  if (amount === 0n) return letGoOfRest(context, request, { intent, isFinal, change, shows });
  if (amount > intent.capturable) {
    throw new ApiError(
      400,
      `The provided ${param} (${amount}) is greater than the amount that can be captured (${intent.capturable}).`,
      { code: 'amount_too_large', param },
    );
  }
  if (asked !== null) checkPartAmount(amount, intent.currency, param);
  refuseExpired(charge, context.clock.now(), scope.livemode);
  const isLast = isFinal || amount === intent.capturable;
  refuseMany(charge, isLast);
  await refuseTooMany(context, scope, charge);

  const captures = charge.captures + 1;
  return sendFollowing(context, request, {
    kind: 'capture',
    ordinal: captures,
    attempt: 1,
    amount,
    before: { intent, charge },
    intent: {
      ...change(intent),
      status: 'processing',
      doing: 'capture',
      isProcessingTold: false,
      dueAtMs: null,
    },
    charge: { ...changeCharge(charge), captures, capturing: amount, isCaptureOver: isLast },
    isLast,
    reason: null,
    answer: (concluded) => answerOf(concluded, shows, scope.livemode),
  });
};

/** Nothing more is wanted of what is held: the payment is what was captured of it until now. */
const letGoOfRest = async (
  context: Context,
  request: Asking,
  { intent, isFinal, change, shows }: Omit<Capture, 'amount' | 'changeCharge' | 'param'>,
): Promise<Outcome | null> => {
  if (!isFinal || intent.received === 0n) {
    throw new ApiError(
      400,
      'An amount_to_capture of 0 lets go of what is left after a part was captured, with final_capture=true. To let go of all that is held, cancel the PaymentIntent.',
      { code: 'amount_too_small', param: 'amount_to_capture' },
    );
  }
  return letGo(context, request, { intent, reason: null, change, shows });
};

/** Keeping a part to capture later is for who asked for it when the card was authorized. */
const refuseMany = ({ mayBeSplit }: Charge, isLast: boolean): void => {
  if (isLast || mayBeSplit) return;
  throw new ApiError(
    400,
    'This PaymentIntent does not support more than one capture: request it with payment_method_options[card][request_multicapture]=if_available when confirming, at a provider that can do it, or leave out final_capture=false.',
    { param: 'final_capture' },
  );
};

/** Who has tried less often cannot have captured more often. */
const refuseTooMany = async (context: Context, scope: Scope, charge: Charge): Promise<void> => {
  if (charge.captured === 0n || charge.captures < CAPTURES_MAX) return;
  if ((await placesLeft(context, scope, charge)) > 0) return;
  throw new ApiError(
    400,
    `This PaymentIntent was captured ${CAPTURES_MAX} times: no further part can be captured. Let go of what is left with amount_to_capture=0 and final_capture=true.`,
    { param: 'amount_to_capture' },
  );
};

export const refuseExpired = (charge: Charge, nowMs: number, livemode: boolean): void => {
  if (charge.captureBeforeMs === null || nowMs < charge.captureBeforeMs) return;
  throw refuse('charge_expired_for_capture', {
    message: 'The authorization of this charge has expired and it can no longer be captured.',
    charge: renderCharge(charge, livemode).id,
  });
};

const answerOf = (concluded: Concluded, shows: Capture['shows'], livemode: boolean): Outcome => {
  const { intent } = concluded;
  // The bank said no, and the authorization stands as before.
  if (intent.status === 'requires_capture' && concluded.decided?.moved.length === 0) {
    return {
      body: new ApiError(
        402,
        'The bank did not accept the capture. The authorization stands as before: try again, capture less, or cancel it.',
        { type: 'card_error', code: 'capture_declined' },
      ),
    };
  }
  return { body: shows(concluded), related: relatedOf(concluded, livemode) };
};
