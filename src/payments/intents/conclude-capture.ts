import { unreachable } from '#kit/assert';
import { spellId } from '#kit/ids';
import {
  CHARGE,
  chargeCaptured,
  chargeSucceeded,
  chargeUpdated,
  countTaken,
  type Failure,
  failureOf,
  notProcessed,
} from '#payments/charges';
import type { EventKind } from '#platform/events';
import { endHeld, isHeldIdle } from './end-held.ts';
import {
  type Beside,
  type Decided,
  type Known,
  kept,
  type LateWord,
  LEFT_BEHIND_MS,
  type Moved,
  nothing,
  settled,
  tellProcessing,
  to,
} from './ends.ts';
import { intentCapturable, intentProcessing, intentSucceeded } from './events.ts';
import { lastErrorOf } from './last-error.ts';
import { isManual, type PaymentIntent } from './payment-intent.ts';

/** So often is taken what could not be sent: as what nobody wants is given back. */
const AT_LEAST_EACH_MS = 60 * 60_000;

export const concludeCapture = (known: Known): Decided | null => {
  const { intent, charge, change } = known;
  const { state } = change.conclusion;
  if (intent.doing !== 'capture' || charge.captures !== change.after.ordinal) {
    return state === 'approved' && known.late ? lateCapture(known, known.late) : null;
  }
  switch (state) {
    case 'approved':
      return captured(known);
    case 'declined':
    case 'not_sent':
    case 'reversed':
      if (known.beside) return capturedBeside(known, known.beside);
      if (!isManual(intent)) return mayBeTaken(known) ? takeLater(known) : giveUp(known);
      return untaken(known);
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

/** What is held is kept for another try, unless nothing is: its bank, or a late yes to another, let go of it meanwhile. */
const untaken = (known: Known): Decided => {
  const charge = { ...known.charge, capturing: 0n };
  if (charge.isReleased || known.intent.capturable === 0n) return endHeld({ ...known, charge });
  return { ...kept(known), charge: { ...charge, isCaptureOver: false } };
};

/** Provably nothing has left, and its provider may be reached before its days are over. */
const mayBeTaken = ({ charge, change, nowMs }: Known): boolean => {
  const { state, code } = change.conclusion;
  const isOver = charge.captureBeforeMs !== null && charge.captureBeforeMs <= nowMs;
  return state === 'not_sent' && code !== 'account_gone' && !isOver;
};

/** What is held is still held, and is taken a little later: less and less often, and once more when its days are over. */
const takeLater = ({ intent, charge, nowMs }: Known): Decided => ({
  ...nothing,
  intent: {
    ...intent,
    isProcessingTold: true,
    dueAtMs: Math.min(
      nowMs + Math.min(LEFT_BEHIND_MS * 2 ** (charge.captures - 1), AT_LEAST_EACH_MS),
      charge.captureBeforeMs ?? Number.POSITIVE_INFINITY,
    ),
  },
  charge: { ...charge, capturing: 0n, isCaptureOver: false },
  kinds: intent.isProcessingTold ? [] : [intentProcessing],
});

/** What is held will not be given: it goes back by itself, and then the payment is canceled. */
const giveUp = ({ change, shownMethod, ...before }: Known): Decided => {
  const { state, code, told } = change.conclusion;
  const failure = state === 'not_sent' ? notProcessed() : failureOf(code, told);
  return givenUp(before, failure, shownMethod);
};

export const givenUp = (
  { intent, charge }: Pick<Known, 'intent' | 'charge'>,
  failure: Failure,
  shownMethod: () => unknown,
): Decided => {
  return {
    ...nothing,
    intent: {
      ...intent,
      doing: 'void',
      capturable: 0n,
      cancelWanted: { reason: 'automatic' },
      dueAtMs: null,
      lastError: lastErrorOf(failure, shownMethod(), spellId(CHARGE, charge.id)),
    },
    charge: { ...charge, capturing: 0n, isCaptureOver: false, isUnwanted: true },
    kinds: [chargeSucceeded],
    release: true,
  };
};

/** Those that had come to nothing by what was known have taken what this one was to take. */
const capturedBeside = (known: Known, { operations, isLast }: Beside): Decided => {
  const charge = { ...known.charge, capturing: 0n, isCaptureOver: isLast };
  return captured(
    { ...known, charge },
    operations.map(({ amount, reference }) => ({ kind: 'capture', amount, reference })),
  );
};

/**
 * A yes to a capture that was said to have come to nothing: the payer has paid it. Null: the payment has no room for it,
 * because another was made instead, or is just being made; then it waits for a person.
 */
const lateCapture = (known: Known, { isLast }: LateWord): Decided | null => {
  const { intent, charge, change } = known;
  const { amount } = change.after;
  const isHeld = charge.kind === 'authorize' && charge.status === 'succeeded';
  if (!isHeld || amount > charge.amount - charge.captured - charge.capturing) return null;
  if (charge.isUnwanted || intent.status === 'canceled') return takenUnwanted(known);
  // Also of one that was to be taken, and could not be yet.
  const isAgain = intent.doing === 'capture' && charge.capturing === 0n;
  if (isHeldIdle(intent, charge) || isAgain) {
    return captured({ ...known, charge: { ...charge, isCaptureOver: isLast } });
  }
  if (intent.status !== 'processing' || intent.doing === 'payment') return null;
  return capturedMeanwhile(known, isLast);
};

/** Something else is under way: what comes of that ends with what is left. */
const capturedMeanwhile = ({ intent, charge, change }: Known, isLast: boolean): Decided => {
  const { amount } = change.after;
  const rest = restOf(intent, amount, isLast);
  return {
    ...nothing,
    intent: { ...intent, received: intent.received + amount, capturable: rest },
    charge: countTaken({
      ...charge,
      captured: charge.captured + amount,
      isCaptureOver: charge.isCaptureOver || rest === 0n,
    }),
    kinds: [chargeUpdated],
    moved: [{ kind: 'capture', amount }],
  };
};

/** Its payment is over, or is being given up: the payer must not pay for what was told to be canceled. */
const takenUnwanted = ({ intent, charge, change }: Known): Decided => {
  const { amount } = change.after;
  return {
    ...nothing,
    intent,
    charge: {
      ...charge,
      captured: charge.captured + amount,
      isCaptureOver: true,
      isUnwanted: true,
    },
    kinds: [chargeCaptured],
    moved: [{ kind: 'capture', amount }],
    release: true,
  };
};

/** A part is told as a change; the last is the capture, and of what was paid at once it is the payment. */
const toldOfCapture = (intent: PaymentIntent, isLast: boolean): readonly EventKind[] => {
  if (!isManual(intent)) return [chargeSucceeded, intentSucceeded];
  return isLast ? [chargeCaptured, intentSucceeded] : [chargeUpdated, intentCapturable];
};

/** What was let go of stays so, whatever is taken afterwards. */
const restOf = ({ capturable }: PaymentIntent, amount: bigint, isLast: boolean): bigint =>
  isLast || capturable === 0n ? 0n : capturable - amount;

/** `isCaptureOver` was reserved with the amount: whether this was meant to be the last. */
const captured = (
  { intent, charge: before, change }: Known,
  moved: readonly Moved[] = [{ kind: 'capture', amount: change.after.amount }],
): Decided => {
  const amount = moved.reduce((sum, each) => sum + each.amount, 0n);
  const { isReleased = false, ...charge } = before;
  const received = intent.received + amount;
  const rest = restOf(intent, amount, charge.isCaptureOver || isReleased);
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
    moved,
    isPaid: false,
    release: false,
  };
};
