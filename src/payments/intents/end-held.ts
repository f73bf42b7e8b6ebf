// How a payment ends of which nothing is held any more: it is canceled, or paid by what was captured of it.

import { type Charge, chargeCaptured, chargeExpired, chargeRefunded } from '#payments/charges';
import type { EventKind } from '#platform/events';
import { canceled, type Decided, type Known, nothing, settled, to } from './ends.ts';
import { intentCanceled, intentSucceeded } from './events.ts';
import type { CancellationReason, PaymentIntent } from './payment-intent.ts';

export const over = ({ isReleased: _gone, ...charge }: Charge): Charge => ({
  ...charge,
  isCaptureOver: true,
});

/** Nothing is held any more. Where a part was captured, that part is what was paid. */
export const endHeld = ({
  intent,
  charge,
  nowMs,
}: Pick<Known, 'intent' | 'charge' | 'nowMs'>): Decided => {
  const common = { ...nothing, charge: over(charge) };
  if (charge.captured > 0n) {
    return {
      ...common,
      intent: {
        ...intent,
        ...settled,
        status: to(intent, 'paid'),
        capturable: 0n,
        cancelWanted: null,
      },
      kinds: [chargeCaptured, intentSucceeded],
    };
  }
  const reason = intent.cancelWanted?.reason ?? null;
  return {
    ...common,
    intent: { ...canceled(intent, reason, nowMs), latestChargeId: charge.id },
    kinds: [...toldOfCharge(intent, reason), intentCanceled],
  };
};

/** Clients of the older API see no intent: to them the charge is refunded. */
const toldOfCharge = (
  { isDirect }: Pick<PaymentIntent, 'isDirect'>,
  reason: CancellationReason | null,
): readonly EventKind[] => {
  if (reason === 'expired') return [chargeExpired];
  return isDirect ? [chargeRefunded] : [];
};

/** It holds, and nothing of it is under way. */
export const isHeldIdle = (intent: PaymentIntent, charge: Charge): boolean =>
  intent.status === 'requires_capture' &&
  intent.doing === null &&
  intent.latestChargeId === charge.id;
