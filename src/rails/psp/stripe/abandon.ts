// Ending a payment that waits for its payer: the PaymentIntent is cancelled. Whoever has paid meanwhile has
// paid, and Stripe refuses to cancel: that says nothing of what became of it, and it is looked up.

import { NotSent } from '#kit/http-client';
import type { Call, PaymentRequest } from '#rails/connectors';
import type { Outcome } from '#rails/operations';
import { post } from './api.ts';
import { mapPayment } from './map-payment.ts';

export const abandon = async (call: Call<PaymentRequest>): Promise<Outcome> => {
  const { operation, providerId } = call;
  if (providerId === null) throw new NotSent('payment_unnamed');
  // Under no key: what was refused while it was under way may be done a moment later.
  const answered = await post(
    call,
    `/v1/payment_intents/${encodeURIComponent(providerId)}/cancel`,
    { cancellation_reason: 'abandoned', 'expand[]': 'latest_charge' },
    { key: null },
  );
  if (answered.status !== 200) return { outcome: 'unknown', code: 'not_ended' };
  return mapPayment(operation, answered.body);
};
