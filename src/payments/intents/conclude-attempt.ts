// What a payment becomes by the outcome of an attempt: an authorization, or a sale.

import { unreachable } from '#kit/assert';
import { spellId, type Uuid } from '#kit/ids';
import {
  actionNotHandled,
  CHARGE,
  type Charge,
  chargeFailed,
  chargeSucceeded,
  type Failure,
  failureOf,
  notProcessed,
  otherFailureOf,
} from '#payments/charges';
import type { Operation } from '#rails/operations';
import { withoutAgreement } from './agreed-mandate.ts';
import {
  AUTHORIZATION_MS,
  canceled,
  type Decided,
  type Known,
  LEFT_BEHIND_MS,
  type Moved,
  nothing,
  settled,
  shownOf,
  tellProcessing,
  to,
} from './ends.ts';
import {
  intentCanceled,
  intentCapturable,
  intentFailed,
  intentRequiresAction,
  intentSucceeded,
} from './events.ts';
import { lastErrorOf } from './last-error.ts';
import { isManual } from './payment-intent.ts';

export const concludeAttempt = (known: Known): Decided | null => {
  const { intent, charge, change } = known;
  const { state } = change.conclusion;
  const isCurrent = charge.status === 'pending' && charge.attempt === change.after.attempt;
  switch (state) {
    case 'approved':
      if (charge.status === 'succeeded') return null;
      return isCurrent && intent.doing === 'payment' ? approve(known) : takeUnwanted(known);
    case 'declined':
      return isCurrent ? decline(known) : null;
    case 'not_sent':
      if (!isCurrent) return null;
      return known.isReroutable ? wait(known) : fail(known, notProcessedBy(known));
    case 'reversed':
      return isCurrent ? fail(known, notProcessedBy(known)) : endHold(known);
    case 'action_required':
      return isCurrent ? requireAction(known) : null;
    case 'pending':
    case 'unknown':
    case 'human':
      return isCurrent ? tellProcessing(known) : null;
    case 'created':
    case 'sending':
      return null;
    default:
      return unreachable(state, 'A state of an operation');
  }
};

const notProcessedBy = ({ charge }: Known): Failure =>
  charge.method.type === 'card' ? notProcessed() : otherFailureOf('processing_error');

const succeed = ({ charge, change, nowMs }: Known): Charge => {
  const { after, conclusion } = change;
  const isSale = after.kind === 'sale';
  return {
    ...charge,
    status: 'succeeded',
    operationId: after.id,
    amount: after.amount,
    captured: isSale ? after.amount : 0n,
    isCaptureOver: isSale,
    authorizedAtMs: nowMs,
    captureBeforeMs: isSale ? null : nowMs + AUTHORIZATION_MS,
    failure: null,
    told: shownOf(conclusion.told),
  };
};

const approve = (known: Known): Decided => {
  const { intent, charge, change } = known;
  const paid = succeed(known);
  const isSale = change.after.kind === 'sale';
  const moved = movedBy(change.after);

  // Cancelled while nobody knew: what came after all goes back before anybody is told that it is over.
  if (intent.cancelWanted !== null) {
    return {
      intent: { ...intent, latestChargeId: charge.id, doing: 'void', dueAtMs: null },
      charge: { ...paid, isUnwanted: true },
      kinds: [chargeSucceeded],
      moved,
      isPaid: false,
      release: true,
    };
  }
  if (!isSale && !isManual(intent)) return takeNext(known, paid);
  const common = { ...intent, ...settled, latestChargeId: charge.id, lastError: null };
  return {
    intent: isSale
      ? { ...common, status: to(intent, 'paid'), received: change.after.amount }
      : {
          ...common,
          status: to(intent, 'authorized'),
          capturable: change.after.amount,
          dueAtMs: paid.captureBeforeMs,
        },
    charge: paid,
    kinds: [chargeSucceeded, isSale ? intentSucceeded : intentCapturable],
    moved,
    isPaid: true,
    release: false,
  };
};

/**
 * What was held is taken back, before its time: that is over now, and the payment ends as by time. Null: nothing is held
 * of it.
 */
const endHold = ({ intent, charge, change, nowMs }: Known): Decided | null => {
  const { captureBeforeMs, capturing, isCaptureOver, operationId } = charge;
  const isHeld = operationId === change.after.id && (!isCaptureOver || capturing > 0n);
  if (!isHeld || captureBeforeMs === null || captureBeforeMs <= nowMs) return null;
  const isIdle = intent.status === 'requires_capture' && intent.latestChargeId === charge.id;
  return {
    ...nothing,
    intent: isIdle ? { ...intent, dueAtMs: nowMs } : intent,
    charge: { ...charge, captureBeforeMs: nowMs },
    kinds: [],
  };
};

/** Its provider knows no purchase: what is held now is taken next, and then it is paid. */
const takeNext = ({ intent, change, nowMs, isAwaited }: Known, paid: Charge): Decided => ({
  ...nothing,
  intent: {
    ...intent,
    latestChargeId: paid.id,
    lastError: null,
    nextAction: null,
    doing: 'capture',
    capturable: change.after.amount,
    dueAtMs: nowMs + (isAwaited ? LEFT_BEHIND_MS : 0),
  },
  charge: paid,
  kinds: [],
  isPaid: true,
});

/**
 * A yes of a provider that had provably not been reached, and whose place another had taken: that money is a
 * charge of its own, beside the one that went on, and goes back. Null: nothing follows from it.
 */
export const concludeStray = (known: Known, id: Uuid): Decided | null => {
  const { charge, change } = known;
  const { after, conclusion } = change;
  if (conclusion.state !== 'approved') return null;
  const begun: Charge = {
    ...charge,
    id,
    attempt: after.attempt,
    connectorAccountId: after.connectorAccountId,
    status: 'pending',
    captured: 0n,
    capturing: 0n,
    refunded: 0n,
    refunding: 0n,
    refunds: 0,
    captures: 0,
    balanceTransactionId: null,
  };
  return takeUnwanted({ ...known, charge: begun });
};

const movedBy = ({ kind, amount }: Operation): readonly Moved[] =>
  kind === 'sale' ? [{ kind: 'capture', amount }] : [];

/** A yes to an attempt that had ended: the payer must not pay for what the merchant was told had failed. */
const takeUnwanted = (known: Known): Decided => {
  const { intent, change } = known;
  return {
    intent,
    charge: { ...succeed(known), isUnwanted: true },
    kinds: [chargeSucceeded],
    moved: movedBy(change.after),
    isPaid: false,
    release: true,
  };
};

const fail = (known: Known, failure: Failure): Decided => {
  const { intent, charge, nowMs, shownMethod, change } = known;
  const failed: Charge = {
    ...charge,
    status: 'failed',
    failure,
    told: shownOf(change.conclusion.told),
  };
  if (intent.cancelWanted !== null) {
    return {
      ...nothing,
      intent: {
        ...canceled(intent, intent.cancelWanted?.reason ?? null, nowMs),
        latestChargeId: charge.id,
      },
      charge: failed,
      kinds: [chargeFailed, intentCanceled],
    };
  }
  return {
    ...nothing,
    intent: {
      ...withoutAgreement(intent),
      ...settled,
      status: to(intent, 'failed'),
      latestChargeId: charge.id,
      methodId: null,
      lastError: lastErrorOf(failure, shownMethod(), spellId(CHARGE, charge.id)),
    },
    charge: failed,
    kinds: [chargeFailed, intentFailed],
  };
};

/** A bank that wants its holder to be asked has said no to this attempt, and not to the payment. */
const decline = (known: Known): Decided => {
  const { intent, change, holder = null } = known;
  const { code, told } = change.conclusion;
  const isOfCard = known.charge.method.type === 'card';
  const wants = code === 'authentication_required' && intent.cancelWanted === null;
  // Whoever is told that the holder has to be asked asks: here he was, and his bank could not.
  const isInVain = wants && holder === null && intent.authenticationId !== null;
  const failure = isOfCard ? failureOf(code, told) : otherFailureOf(code);
  const failed = fail(known, isInVain ? { ...failure, code: 'card_declined' } : failure);
  if (!wants || holder === null) return failed;
  if (holder === 'may_be_asked') return wait(known);
  if (holder === 'must_not_be_asked') return fail(known, actionNotHandled(told));
  const { returnUrl } = intent;
  return {
    ...failed,
    intent: {
      ...intent,
      ...settled,
      status: to(intent, 'action_required'),
      latestChargeId: failed.charge.id,
      lastError: null,
      authenticationId: holder.id ?? null,
      nextAction: { url: holder.url, returnUrl, useSdk: holder.useSdk || returnUrl === null },
    },
    kinds: [chargeFailed, intentRequiresAction],
  };
};

/** Nothing has left: the next candidate is asked, and should nobody live to do it, it is seen later. */
const wait = ({ intent, charge, nowMs }: Known): Decided => ({
  ...nothing,
  intent: { ...intent, dueAtMs: nowMs + LEFT_BEHIND_MS },
  charge,
  kinds: [],
});

/** So long a payer may stay away at a bank of theirs, should the provider name no end; then it is ended there. */
const AWAY_MS = 24 * 60 * 60 * 1000;

/** Null: they were sent there before, and it is told once more. */
const sendAway = ({ intent, charge, nowMs }: Known, url: string | null): Decided | null => {
  if (intent.status === 'requires_action' && intent.nextAction?.url === url) return null;
  return {
    ...nothing,
    intent: {
      ...intent,
      status: to(intent, 'action_required'),
      isProcessingTold: false,
      dueAtMs: nowMs + AWAY_MS,
      nextAction:
        url === null ? null : { url, returnUrl: intent.returnUrl, useSdk: false, isAway: true },
    },
    charge,
    kinds: [intentRequiresAction],
  };
};

const requireAction = (known: Known): Decided | null => {
  const { intent, charge, change } = known;
  const url = change.conclusion.told?.action?.url ?? null;
  if (charge.method.type !== 'card') return sendAway(known, url);
  return {
    ...nothing,
    intent: {
      ...intent,
      status: to(intent, 'action_required'),
      isProcessingTold: false,
      nextAction:
        url === null
          ? null
          : { url, returnUrl: intent.returnUrl, useSdk: intent.returnUrl === null },
    },
    charge,
    kinds: [intentRequiresAction],
  };
};
