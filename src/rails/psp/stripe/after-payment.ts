// What follows a payment: taking what was held, letting it go, giving it back.

import { NotSent } from '#kit/http-client';
import type { Call, FollowingRequest } from '#rails/connectors';
import { type Outcome, type Told, traceKinds } from '#rails/operations';
import { amountAt, idAt, type Json, objectAt, post, textAt } from './api.ts';
import { mapAnswer } from './map-answer.ts';
import { namesOf, REFERENCE, strange } from './map-payment.ts';

type Following = Call<FollowingRequest>;

export const capture = async (call: Following): Promise<Outcome> => {
  const answered = await post(call, `/v1/payment_intents/${intentOf(call)}/capture`, {
    amount_to_capture: String(call.operation.amount),
    statement_descriptor_suffix: call.request.descriptor?.slice(0, 22),
  });
  return mapAnswer(call.operation, answered, (intent) => mapCaptured(call, intent));
};

export const cancel = async (call: Following): Promise<Outcome> => {
  const answered = await post(call, `/v1/payment_intents/${intentOf(call)}/cancel`, {});
  return mapAnswer(call.operation, answered, (intent) => mapCancelled(call, intent));
};

export const refund = async (call: Following): Promise<Outcome> => {
  const answered = await post(call, '/v1/refunds', {
    payment_intent: intentOf(call),
    amount: String(call.operation.amount),
    [`metadata[${REFERENCE}]`]: call.operation.reference,
  });
  return mapAnswer(call.operation, answered, (object) => mapRefund(object));
};

/** Stripe's name of the payment. Whoever has not learned it cannot have a capture on its way. */
export const intentOf = ({ original }: Following): string => {
  const id = original?.conclusion.told?.data?.['payment_intent'] ?? original?.conclusion.providerId;
  if (id === null || id === undefined || !id.startsWith('pi_'))
    throw new NotSent('payment_unnamed');
  return encodeURIComponent(id);
};

export const mapCaptured = (call: Following, intent: Json): Outcome => {
  const status = textAt(intent, 'status') ?? '';
  if (status === 'processing') return { outcome: 'pending', code: 'processing' };
  if (status !== 'succeeded') return strange(status);
  return approvedAbout(call, intent, amountAt(intent, 'amount_received'));
};

export const mapCancelled = (call: Following, intent: Json): Outcome => {
  const status = textAt(intent, 'status') ?? '';
  if (status !== 'canceled') return strange(status);
  return approvedAbout(call, intent, call.operation.amount);
};

/**
 * The payment is named by the payment's reference, and the operation has one of its own: it is ours if
 * the payment is. Otherwise it keeps the strange name, which fits nothing.
 */
const approvedAbout = (
  { operation, original }: Following,
  intent: Json,
  amount: bigint | null,
): Outcome => {
  const { reference, providerId } = namesOf(intent);
  const currency = textAt(intent, 'currency');
  if (amount === null || currency === null || reference === null || providerId === undefined) {
    return { outcome: 'unknown', code: 'incomplete_answer' };
  }
  return {
    outcome: 'approved',
    amount,
    currency,
    reference: isOfPayment(original, reference, providerId) ? operation.reference : reference,
    providerId,
    told: { data: { payment_intent: providerId } },
  };
};

const isOfPayment = (
  original: Following['original'],
  reference: string,
  providerId: string,
): boolean =>
  original !== null &&
  (original.operation.reference === reference || original.conclusion.providerId === providerId) &&
  (original.conclusion.providerId === null || original.conclusion.providerId === providerId);

export const mapRefund = (object: Json): Outcome => {
  const status = textAt(object, 'status') ?? '';
  const names = namesOf(object);
  const [amount, currency] = [amountAt(object, 'amount'), textAt(object, 'currency')];
  const intent = idAt(object, 'payment_intent');
  const said = {
    ...names,
    amount,
    currency,
    told: {
      ...destinationOf(object),
      ...(intent === null ? {} : { data: { payment_intent: intent } }),
    },
  };
  switch (status) {
    case 'succeeded':
      if (amount === null || currency === null || names.reference === null) {
        return { outcome: 'unknown', code: 'incomplete_answer' };
      }
      return { ...said, outcome: 'approved', amount, currency, reference: names.reference };
    case 'pending':
    case 'requires_action':
      return { outcome: 'pending', code: status, ...said };
    case 'failed':
      // It may have succeeded before, for days: Stripe has taken it back, whichever is heard of first.
      return { outcome: 'reversed', code: refundFailure(object, status), ...said };
    case 'canceled':
      return { outcome: 'declined', code: refundFailure(object, status), ...said };
    default:
      return strange(status);
  }
};

const destinationOf = (object: Json): Pick<Told, 'trace' | 'isReversal'> => {
  const card = objectAt(objectAt(object, 'destination_details') ?? {}, 'card') ?? {};
  const kind = traceKinds.find((each) => each === textAt(card, 'reference_type'));
  const reference = textAt(card, 'reference');
  return {
    ...(textAt(card, 'type') === 'reversal' ? { isReversal: true } : {}),
    ...(kind === undefined || reference === null ? {} : { trace: { kind, reference } }),
  };
};

const refundFailure = (object: Json, status: string): string => {
  const reason = textAt(object, 'failure_reason') ?? status;
  return /^[a-z_]{1,60}$/.test(reason) ? reason : status;
};
