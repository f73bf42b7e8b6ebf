// What the ends of a payment have in common, whichever way it comes to them.

import type { Charge } from '#payments/charges';
import type { Told } from '#rails/operations';
import { type IntentEvent, next } from './intent-states.ts';
import type { CancellationReason, PaymentIntent } from './payment-intent.ts';

export const to = (intent: PaymentIntent, event: IntentEvent): PaymentIntent['status'] =>
  next(intent.status, event) ?? intent.status;

export const nothing = { moved: null, isPaid: false, release: false } as const;

export const settled = {
  doing: null,
  isProcessingTold: false,
  nextAction: null,
  dueAtMs: null,
} as const;

export const canceled = (
  intent: PaymentIntent,
  reason: CancellationReason | null,
  nowMs: number,
): PaymentIntent => ({
  ...intent,
  ...settled,
  status: to(intent, 'canceled'),
  capturable: 0n,
  cancelWanted: null,
  canceledAtMs: nowMs,
  cancellationReason: reason,
});

/** What may be shown of what the provider told; its own ids and dates are the connector's business. */
export const shownOf = (told: Told | null): Charge['told'] => {
  if (told === null) return null;
  const { data: _data, action: _action, ...shown } = told;
  return shown;
};
