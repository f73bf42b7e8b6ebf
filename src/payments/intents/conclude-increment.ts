import { unreachable } from '#kit/assert';
import { type Decided, type Known, kept, nothing, settled, tellProcessing, to } from './ends.ts';
import { intentCapturable } from './events.ts';

/** Until it is known, what was held is neither captured nor let go. */
export const concludeIncrement = (known: Known): Decided | null => {
  const { intent, change } = known;
  const { state } = change.conclusion;
  if (intent.doing !== 'increment' || intent.increments !== change.after.ordinal) return null;
  switch (state) {
    case 'approved':
      return raised(known);
    case 'declined':
    case 'not_sent':
    case 'reversed':
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
