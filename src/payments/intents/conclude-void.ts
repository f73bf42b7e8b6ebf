import { unreachable } from '#kit/assert';
import { endHeld, isHeldIdle, over } from './end-held.ts';
import { type Decided, type Known, kept, nothing, tellProcessing } from './ends.ts';

export const concludeVoid = (known: Known): Decided | null => {
  const { intent, charge, change, isOutrun = false } = known;
  const { state } = change.conclusion;
  if (charge.attempt !== change.after.ordinal) return null;
  const isLatest = intent.latestChargeId === charge.id;
  const isOfIntent = isLatest && intent.doing === 'void';
  const isOver = charge.isCaptureOver && charge.capturing === 0n;
  if (isOver && (charge.isUnwanted || !(isOfIntent || isHeldIdle(intent, charge)))) return null;
  switch (state) {
    case 'approved':
    case 'reversed':
      return isOfIntent ? endHeld(known) : lateYes(known);
    case 'declined':
    case 'not_sent':
      // What nobody wants is asked again later until it is gone; what the merchant wanted is kept.
      if (charge.isUnwanted) {
        // Its first no has the next trial queued; one each for an answer and a webhook would double them every time.
        if (wasNo(known)) return null;
        return { ...nothing, intent, charge, kinds: [], release: true };
      }
      // A no to an older one, said once more, ends no trial that is under way: that may let go of everything yet.
      if (!isOfIntent || isOutrun) return null;
      if (isOver || (state === 'declined' && hasRunOut(known))) return endHeld(known);
      return kept(known, { cancelWanted: null });
    case 'pending':
    case 'unknown':
    case 'human':
    case 'action_required':
      return isOfIntent && !isOutrun ? tellProcessing(known) : null;
    case 'created':
    case 'sending':
      return null;
    default:
      return unreachable(state, 'A state of an operation');
  }
};

const wasNo = ({ change: { before } }: Known): boolean =>
  before.state === 'declined' || before.state === 'not_sent';

/**
 * It was said to have come to nothing, and what is held is gone all the same: a payment that only holds ends, and what
 * else is under way of it is waited for.
 */
const lateYes = (known: Known): Decided => {
  const { intent, charge } = known;
  if (isHeldIdle(intent, charge)) return endHeld(known);
  const isHeld = intent.latestChargeId === charge.id && !charge.isUnwanted;
  const isUnderWay = isHeld && (intent.doing === 'capture' || intent.doing === 'increment');
  return {
    ...nothing,
    intent,
    charge: isUnderWay ? { ...charge, isReleased: true } : over(charge),
    kinds: [],
  };
};

/** Its bank has let it go by itself, and says that there is nothing to let go. */
const hasRunOut = ({ intent, charge, nowMs }: Known): boolean =>
  intent.cancelWanted?.reason === 'expired' &&
  charge.captureBeforeMs !== null &&
  charge.captureBeforeMs <= nowMs;
