import { unreachable } from '#kit/assert';
import type { Charge } from '#payments/charges';
import { endHeld, isHeldIdle } from './end-held.ts';
import { type Decided, type Known, kept, nothing, settled, tellProcessing, to } from './ends.ts';
import { intentCapturable } from './events.ts';

/** Until it is known, what was held is neither captured nor let go. */
export const concludeIncrement = (known: Known): Decided | null => {
  const { intent, charge, change } = known;
  const { state } = change.conclusion;
  if (intent.doing !== 'increment' || intent.increments !== change.after.ordinal) {
    return state === 'approved' && known.late?.isPersons ? raisedLate(known) : null;
  }
  switch (state) {
    case 'approved':
      return isGone(charge) ? endRaised(known) : raised(known);
    case 'declined':
    case 'not_sent':
    case 'reversed':
      if (isGone(charge)) return endHeld({ ...known, intent: { ...intent, ifRaised: null } });
      return kept(known, { ifRaised: null });
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

/** While it was being raised: what was held was captured, or let go of. */
const isGone = ({ isCaptureOver, isReleased }: Charge): boolean =>
  isCaptureOver || isReleased === true;

const endRaised = (known: Known): Decided => endHeld({ ...known, ...raised(known) });

/**
 * Said to be declined, and approved after all. More is held than the merchant was told, and no money has moved: whether
 * they may take it is for a person to say, who has asked the bank which of the two words holds.
 */
const raisedLate = ({ intent, charge, change }: Known): Decided | null => {
  const isOpen = isHeldIdle(intent, charge) || intent.status === 'processing';
  if (!isOpen || intent.latestChargeId !== charge.id || isGone(charge)) return null;
  const { amount } = change.after;
  return {
    ...nothing,
    intent: {
      ...intent,
      amount: intent.amount + amount,
      capturable: intent.capturable + amount,
    },
    charge: { ...charge, amount: charge.amount + amount },
    kinds: [intentCapturable],
  };
};

const raised = ({ intent, charge, change }: Known): Decided => {
  const { amount } = change.after;
  return {
    ...nothing,
    intent: {
      ...intent,
      ...settled,
      ...intent.ifRaised,
      ifRaised: null,
      status: to(intent, 'raised'),
      amount: intent.amount + amount,
      capturable: intent.capturable + amount,
      dueAtMs: charge.captureBeforeMs,
    },
    charge: { ...charge, amount: charge.amount + amount },
    kinds: [intentCapturable],
  };
};
