import { unreachable } from '#kit/assert';
import { type Decided, type Known, nothing, settled, tellProcessing, to } from './ends.ts';
import { intentCapturable } from './events.ts';

/** Until it is known, what was held is neither captured nor let go. */
export const concludeIncrement = (known: Known): Decided | null => {
  const { intent, charge, change } = known;
  const { state } = change.conclusion;
  if (intent.doing !== 'increment' || intent.increments !== change.after.ordinal) return null;
  switch (state) {
    case 'approved':
      return raised(known);
    case 'declined':
    case 'not_sent':
    case 'reversed':
      return {
        ...nothing,
        intent: {
          ...intent,
          ...settled,
          status: to(intent, 'kept'),
          ifRaised: null,
          dueAtMs: charge.captureBeforeMs,
        },
        charge,
        kinds: [],
      };
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
