import { present } from '#kit/assert';
import type { Context } from '#kit/context';
import { checkAmount, errorFieldsOf, failureOf, loadCharge, notProcessed } from '#payments/charges';
import {
  ApiError,
  errorCodes,
  lockTimeout,
  mergeMetadata,
  type Outcome,
  type TypedRequest,
} from '#platform/http';
import type { Conclusion } from '#rails/operations';
import { relatedOf } from './answer.ts';
import { descriptor, refuseWhatCannotBe } from './apply-parameters.ts';
import { asItIs } from './as-it-is.ts';
import { askingOf } from './asking.ts';
import { refuseExpired } from './capture-intent.ts';
import { findIntent } from './find-intent.ts';
import type { Concluded } from './hear.ts';
import type { incrementParameters } from './intent-parameters.ts';
import { type OrderDetails, withOrderDetails } from './order-details.ts';
import type { IfRaised, PaymentIntent } from './payment-intent.ts';
import {
  cannotIncrement,
  capturedInPart,
  INCREMENTS_MAX,
  notMore,
  notRaisable,
  raisedTooOften,
} from './refusals.ts';
import { renderIntent } from './render-intent.ts';
import { sendFollowing } from './send-following.ts';

const ROUNDS_MAX = 10;

export const incrementAuthorization = async (
  context: Context,
  request: Request,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  refuseWhatCannotBe(asked);
  if (request.resumes !== null) return asItIs(context, scope, request.resumes, renderIntent);
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const intent = await findIntent(context, scope, request.path['intent'] ?? '');
    const outcome = await increment(context, request, intent);
    if (outcome !== null) return outcome;
  }
  throw lockTimeout();
};

type Request = TypedRequest<typeof incrementParameters>;

/** Null: another request was faster. */
const increment = async (
  context: Context,
  request: Request,
  intent: PaymentIntent,
): Promise<Outcome | null> => {
  const { scope, parameters: asked } = request;
  const { livemode } = scope;
  const total = BigInt(asked.amount);
  if (intent.status !== 'requires_capture') throw cannotIncrement(intent, livemode);
  const charge = present(
    await loadCharge(context, scope, intent.latestChargeId ?? ''),
    'The charge that is held',
  );
  if (charge.captured > 0n) throw capturedInPart(intent, livemode);
  if (!charge.mayBeRaised) throw notRaisable(intent, livemode);
  if (intent.increments >= INCREMENTS_MAX) throw raisedTooOften(intent, livemode);
  if (total <= intent.amount) throw notMore(intent);
  checkAmount(total, intent.currency);
  refuseExpired(charge, context.clock.now(), livemode);

  const increments = intent.increments + 1;
  return sendFollowing(context, askingOf(request), {
    kind: 'increment',
    ordinal: increments,
    attempt: 1,
    amount: total - intent.amount,
    before: { intent, charge },
    intent: {
      ...intent,
      status: 'processing',
      doing: 'increment',
      isProcessingTold: false,
      increments,
      ifRaised: ifRaised(intent, asked),
      dueAtMs: null,
    },
    charge,
    isLast: false,
    reason: null,
    answer: (concluded, heard) => answerOf(concluded, heard, livemode),
  });
};

const ifRaised = (intent: PaymentIntent, asked: Request['parameters']): IfRaised => ({
  ...detailsOf(withOrderDetails(intent, asked, asked.amount)),
  description: asked.description ?? intent.description,
  metadata: mergeMetadata(intent.metadata, asked.metadata),
  statementDescriptor:
    asked.statement_descriptor === undefined
      ? intent.statementDescriptor
      : descriptor('statement_descriptor', asked.statement_descriptor),
});

const detailsOf = ({ paymentDetails, amountDetails }: OrderDetails): OrderDetails => ({
  ...(paymentDetails === undefined ? {} : { paymentDetails }),
  ...(amountDetails === undefined ? {} : { amountDetails }),
});

const answerOf = (concluded: Concluded, heard: Conclusion | null, livemode: boolean): Outcome => {
  const { intent } = concluded;
  const isKept = heard !== null && keeping.has(heard.state);
  if (!isKept) {
    return { body: renderIntent(intent, livemode), related: relatedOf(concluded, livemode) };
  }
  const failure = heard.state === 'declined' ? failureOf(heard.code, heard.told) : notProcessed();
  return {
    body: new ApiError(errorCodes[failure.code].status, failure.message, {
      ...errorFieldsOf(failure),
      type: 'card_error',
      payment_intent: renderIntent(intent, livemode),
    }),
  };
};

/** The authorization stands as it was. */
const keeping: ReadonlySet<string> = new Set(['declined', 'not_sent', 'reversed']);
