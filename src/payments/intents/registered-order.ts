// An order that is registered, and asked for once more: what it is answered with.

import type { Customer } from '#cards/customers';
import type { Context } from '#kit/context';
import { spellId } from '#kit/ids';
import { INTENT } from '#payments/charges';
import { lockTimeout, type Outcome, type TypedRequest } from '#platform/http';
import { confirmOnce } from './confirm-once.ts';
import { readForPayment } from './confirm-payment.ts';
import { findIntent } from './find-intent.ts';
import type { createParameters } from './intent-parameters.ts';
import { loadIntentOfOrder } from './intents.store.ts';
import { loadOrderKind } from './orders.store.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { orderIsAnothers, orderIsOfSession } from './refusals.ts';
import { renderIntent } from './render-intent.ts';
import { defaultSourceOf, takeMethod, undoing } from './take-method.ts';

type Request = TypedRequest<typeof createParameters>;

/** How often another request may be faster. */
const ROUNDS_MAX = 10;

/** An order is registered once, with or without an idempotency key. */
export const registeredBefore = async (
  context: Context,
  { scope, parameters: asked }: Request,
): Promise<PaymentIntent | null> => {
  if (asked.order_reference === undefined) return null;
  const [known, kind] = await Promise.all([
    loadIntentOfOrder(context, scope, asked.order_reference),
    loadOrderKind(context, scope, asked.order_reference),
  ]);
  if (kind === 'session') throw orderIsOfSession();
  if (known === undefined) return null;
  refuseAnothers(known, asked, scope.livemode);
  return known;
};

const refuseAnothers = (
  known: PaymentIntent,
  asked: Pick<Request['parameters'], 'amount' | 'currency'>,
  livemode: boolean,
): void => {
  if (known.amount === BigInt(asked.amount) && known.currency === asked.currency) return;
  throw orderIsAnothers(known, livemode);
};

/**
 * The payment that exists. Whoever asks to be paid means this order, and it is not paid: it was declined, or never
 * confirmed. So it is confirmed with what is asked now, and is still one payment. Of one that is under way, waits for
 * its payer or is over, nothing is begun.
 */
export const answerRegistered = async (
  context: Context,
  request: Request,
  known: PaymentIntent,
  customerNamed: () => Promise<Customer | null>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  if (asked.confirm !== true || !isUnpaid(known)) return asItStands(request, known);
  const accounts = readForPayment(context, scope);
  const customer = await customerNamed();
  const taken =
    (await takeMethod(context, scope, asked, { prefix: INTENT, id: known.id })) ??
    // What the payment is to be paid with was chosen before, for this order.
    (known.methodId === null ? await defaultSourceOf(context, scope, customer) : null);
  return undoing(taken, async () => {
    const given = {
      taken,
      accounts,
      ...(customer === null ? {} : { customerId: customer.id }),
    };
    for (let round = 1, before = known; round <= ROUNDS_MAX; round += 1) {
      const outcome = await confirmOnce(context, request, { ...given, before });
      if (outcome !== null) return outcome;
      before = await findIntent(context, scope, spellId(INTENT, known.id));
      // Another may have changed what it costs meanwhile, and was told so.
      refuseAnothers(before, asked, scope.livemode);
      if (isUnpaid(before)) continue;
      await taken?.undo();
      return asItStands(request, before);
    }
    throw lockTimeout();
  });
};

const asItStands = ({ scope }: Request, intent: PaymentIntent): Outcome => {
  // Its order is free again, and whoever asks once more gets a payment of their own.
  if (intent.status === 'canceled') throw lockTimeout();
  return { body: renderIntent(intent, scope.livemode) };
};

const isUnpaid = ({ status, doing }: PaymentIntent): boolean =>
  doing === null && (status === 'requires_payment_method' || status === 'requires_confirmation');
