import { unreachable } from '#kit/assert';
import { spellId } from '#kit/ids';
import {
  CHARGE,
  chargeCaptured,
  chargeSucceeded,
  chargeUpdated,
  countTaken,
  failureOf,
} from '#payments/charges';
import type { EventKind } from '#platform/events';
import {
  type Decided,
  type Known,
  kept,
  LEFT_BEHIND_MS,
  nothing,
  settled,
  tellProcessing,
  to,
} from './ends.ts';
import { intentCapturable, intentProcessing, intentSucceeded } from './events.ts';
import { lastErrorOf } from './last-error.ts';
import { isManual, type PaymentIntent } from './payment-intent.ts';

export const concludeCapture = (known: Known): Decided | null => {
  const { intent, charge, change } = known;
  const { state } = change.conclusion;
  if (intent.doing !== 'capture' || charge.captures !== change.after.ordinal) return null;
  switch (state) {
    case 'approved':
      return captured(known);
    case 'declined':
    case 'not_sent':
    case 'reversed':
      if (!isManual(intent)) return state === 'not_sent' ? takeLater(known) : giveUp(known);
      return { ...kept(known), charge: { ...charge, capturing: 0n, isCaptureOver: false } };
    case 'pending':
    case 'unknown':
    case 'human':
    case 'action_required':
      return tellProcessing(known);
    case 'created':
    case 'sending':
      return null;
    default:
      return unreachable(state, 'A state of an operation');
  }
};

/** Provably nothing has left: what is held is still held, and is taken a little later. */
const takeLater = ({ intent, charge, nowMs }: Known): Decided => ({
  ...nothing,
  intent: { ...intent, isProcessingTold: true, dueAtMs: nowMs + LEFT_BEHIND_MS },
  charge: { ...charge, capturing: 0n, isCaptureOver: false },
  kinds: intent.isProcessingTold ? [] : [intentProcessing],
});

/** What is held will not be given: it goes back by itself, and then the payment is canceled. */
const giveUp = ({ intent, charge, change, shownMethod }: Known): Decided => {
  const { code, told } = change.conclusion;
  return {
    ...nothing,
    intent: {
      ...intent,
      doing: 'void',
      capturable: 0n,
      cancelWanted: { reason: 'automatic' },
      lastError: lastErrorOf(failureOf(code, told), shownMethod(), spellId(CHARGE, charge.id)),
    },
    charge: { ...charge, capturing: 0n, isCaptureOver: false, isUnwanted: true },
    kinds: [chargeSucceeded],
    release: true,
  };
};

/** A part is told as a change; the last is the capture, and of what was paid at once it is the payment. */
const toldOfCapture = (intent: PaymentIntent, isLast: boolean): readonly EventKind[] => {
  if (!isManual(intent)) return [chargeSucceeded, intentSucceeded];
  return isLast ? [chargeCaptured, intentSucceeded] : [chargeUpdated, intentCapturable];
};

/** `isCaptureOver` was reserved with the amount: whether this was meant to be the last. */
const captured = ({ intent, charge, change }: Known): Decided => {
  const { amount } = change.after;
  const received = intent.received + amount;
  const rest = charge.isCaptureOver ? 0n : intent.capturable - amount;
  return {
    intent: {
      ...intent,
      ...settled,
      status: to(intent, rest === 0n ? 'paid' : 'captured_in_part'),
      received,
      capturable: rest,
      dueAtMs: rest === 0n ? null : charge.captureBeforeMs,
    },
    charge: countTaken({
      ...charge,
      captured: charge.captured + amount,
      capturing: 0n,
      isCaptureOver: rest === 0n,
    }),
    kinds: toldOfCapture(intent, rest === 0n),
    moved: { kind: 'capture', amount },
    isPaid: false,
    release: false,
  };
};
