import { unreachable } from '#kit/assert';
import { type Charge, chargeCaptured, chargeExpired, chargeRefunded } from '#payments/charges';
import type { EventKind } from '#platform/events';
import {
  canceled,
  type Decided,
  type Known,
  kept,
  nothing,
  settled,
  tellProcessing,
  to,
} from './ends.ts';
import { intentCanceled, intentSucceeded } from './events.ts';
import type { CancellationReason, PaymentIntent } from './payment-intent.ts';

export const concludeVoid = (known: Known): Decided | null => {
  const { intent, charge, change } = known;
  const { state } = change.conclusion;
  if (charge.attempt !== change.after.ordinal || charge.isCaptureOver) return null;
  const isOfIntent = intent.doing === 'void' && intent.latestChargeId === charge.id;
  switch (state) {
    case 'approved':
    case 'reversed':
      return isOfIntent ? released(known) : { ...nothing, intent, charge: over(charge), kinds: [] };
    case 'declined':
    case 'not_sent':
      // What nobody wants is asked again later until it is gone; what the merchant wanted is kept.
      if (charge.isUnwanted) return { ...nothing, intent, charge, kinds: [], release: true };
      if (!isOfIntent) return null;
      if (state === 'declined' && hasRunOut(known)) return released(known);
      return kept(known, { cancelWanted: null });
    case 'pending':
    case 'unknown':
    case 'human':
    case 'action_required':
      return isOfIntent ? tellProcessing(known) : null;
    case 'created':
    case 'sending':
      return null;
    default:
      return unreachable(state, 'A state of an operation');
  }
};

const over = (charge: Charge): Charge => ({ ...charge, isCaptureOver: true });

/** Its bank has let it go by itself, and says that there is nothing to let go. */
const hasRunOut = ({ intent, charge, nowMs }: Known): boolean =>
  intent.cancelWanted?.reason === 'expired' &&
  charge.captureBeforeMs !== null &&
  charge.captureBeforeMs <= nowMs;

/** Nothing is held any more. Where a part was captured, that part is what was paid. */
const released = ({ intent, charge, nowMs }: Known): Decided => {
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
