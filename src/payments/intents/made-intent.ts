// A payment that a later module makes and looks after: registered without being asked of anybody, and tried
// as often as that module allows. Whatever comes of a try is told to it by its listener.

import type { Context, Scope, Write } from '#kit/context';
import { newUuid, spellBytes, type Uuid } from '#kit/ids';
import type { Cause } from '#platform/events';
import type { Outcome } from '#platform/http';
import type { Shows } from './answer.ts';
import { type Asked, applyParameters } from './apply-parameters.ts';
import type { Asking } from './asking.ts';
import { confirmPayment } from './confirm-payment.ts';
import { SECRET_BYTES } from './create-intent.ts';
import { intentCreated } from './events.ts';
import { next } from './intent-states.ts';
import { writePayment } from './payment.ts';
import { blankIntent, type PaymentIntent } from './payment-intent.ts';
import type { TakenMethod } from './take-method.ts';

export const makeIntent = (
  context: Context,
  scope: Scope,
  input: {
    readonly madeBy: NonNullable<PaymentIntent['madeBy']>;
    readonly amount: bigint;
    readonly currency: string;
    readonly customerId: Uuid | null;
    readonly orderReference: string | null;
    /** What else is said of it, in the words of the API. */
    readonly asked: Asked;
    readonly cause: Cause;
  },
): { readonly intent: PaymentIntent; readonly writes: readonly Write[] } => {
  const blank = blankIntent(newUuid(context), {
    amount: input.amount,
    currency: input.currency,
    secret: spellBytes(context.random.bytes(SECRET_BYTES)),
  });
  const { intent, writes } = writePayment(
    context,
    scope,
    {
      before: { intent: null, charge: null },
      intent: {
        ...applyParameters(blank, input.asked),
        madeBy: input.madeBy,
        customerId: input.customerId,
        orderReference: input.orderReference,
      },
      charge: null,
      kinds: [intentCreated],
    },
    input.cause,
  );
  return { intent, writes };
};

/** What would be refused once it is made is refused now. */
export const checkIntentAsked = (asked: Asked): void => {
  applyParameters(blankIntent('', { amount: 0n, currency: '', secret: '' }), asked);
};

/** Whether a try may begin: nothing of an earlier one may be alive. */
export const mayBeTried = (intent: PaymentIntent): boolean =>
  intent.doing === null &&
  intent.status !== 'requires_capture' &&
  next(intent.status, 'sent') !== null;

/** Null: somebody was faster, and everything is to be read and decided anew. */
export const tryToPay = (
  context: Context,
  asking: Asking,
  input: {
    /** As it was read, or was just made. */
    readonly before: PaymentIntent;
    readonly intent: PaymentIntent;
    readonly taken: TakenMethod;
    readonly shows: Shows;
  },
): Promise<Outcome | null> => {
  const { before, intent, taken, shows } = input;
  return confirmPayment(context, asking, {
    before,
    intent,
    method: taken.method,
    methodWrites: taken.writes,
    undo: taken.undo,
    offSession: false,
    isRecurring: false,
    errorOnAction: false,
    useSdk: false,
    shows,
  });
};
