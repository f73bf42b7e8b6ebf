// A capture or a void of a payment, or the raising of its authorization: what is begun is written with the claim of the
// request's key, what was learned with the answer. While it is under way nothing else of the payment can begin.

import { present } from '#kit/assert';
import type { Context, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type Charge, descriptorOf } from '#payments/charges';
import type { Outcome } from '#platform/http';
import { railsOf } from '#rails/connectors';
import type { Change, Conclusion } from '#rails/operations';
import type { Asking } from './asking.ts';
import { type Concluded, conclusionOf, holding } from './hear.ts';
import { loadIntent } from './intents.store.ts';
import { writePayment } from './payment.ts';
import type { PaymentIntent } from './payment-intent.ts';

export type Following = {
  readonly kind: 'increment' | 'capture' | 'void';
  readonly ordinal: number;
  readonly attempt: number;
  readonly amount: bigint;
  readonly before: { readonly intent: PaymentIntent; readonly charge: Charge };
  /** With what is reserved for it. */
  readonly intent: PaymentIntent;
  readonly charge: Charge;
  readonly isLast: boolean;
  readonly reason: string | null;
  /** What else is stored before it is sent, and stands for it under the request's key. */
  readonly beside?: Beside;
  /** `heard` is what the provider said to this very request, if it did. */
  readonly answer: (concluded: Concluded, heard: Conclusion | null) => Outcome;
};

export type Beside = { readonly id: Uuid; readonly writes: readonly Write[] };

/** Null: another request was faster, and everything is to be read and decided anew. */
export const sendFollowing = async (
  context: Context,
  request: Asking,
  following: Following,
): Promise<Outcome | null> => {
  const { scope } = request;
  const { kind, ordinal, attempt, amount, before, beside } = following;
  const written = writePayment(context, scope, { ...following, kinds: [] }, request.cause);
  const charge = present(written.charge, 'The charge');
  const operation = { intentId: before.intent.id, kind, ordinal, attempt };

  let last: { readonly change: Change } | null = null;
  const sent = await holding(
    context,
    operation,
    {
      payment: { intent: written.intent, charge, method: null },
      cause: request.cause,
      isReroutable: false,
    },
    () =>
      railsOf(context).send(context, scope, {
        ...operation,
        connectorAccountId: charge.connectorAccountId,
        amount,
        currency: charge.currency,
        request: {
          original: present(charge.operationId, 'The operation that was approved'),
          isLast: following.isLast,
          reason: following.reason,
          ...(kind === 'capture' ? namedAs(charge) : {}),
        },
        intent: [
          ...request.claim(beside?.id ?? before.intent.id),
          ...written.writes,
          ...(beside?.writes ?? []),
        ],
        writes: async (change) => {
          const concluded = present(
            await conclusionOf(context, scope, change),
            'The payment of this operation',
          );
          last = { change };
          return request.conclude(following.answer(concluded, change.conclusion));
        },
      }),
  );
  request.claimed(sent);
  if (!sent.ok) return null;
  const learned = last as { readonly change: Change } | null;
  if (learned !== null && learned.change.after.version === sent.operation.version) {
    return { body: null, concluded: true };
  }
  const intent = present(await loadIntent(context, scope, before.intent.id), 'The intent');
  return following.answer(
    { intent, charge, method: null, decided: null, booked: [], writes: [] },
    null,
  );
};

const namedAs = (charge: Charge): { readonly descriptor?: string } => {
  const descriptor = descriptorOf(charge);
  return descriptor === null ? {} : { descriptor };
};
