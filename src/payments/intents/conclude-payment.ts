// What a payment becomes by what was learned of one of its operations: pure, and the one place where that
// is decided. An answer, a webhook, a look-up, a late word and a line of a settlement all end here.

import { unreachable } from '#kit/assert';
import { spellId, type Uuid } from '#kit/ids';
import {
  CHARGE,
  type Charge,
  chargeCaptured,
  chargeExpired,
  chargeFailed,
  chargePending,
  chargeSucceeded,
  chargeUpdated,
  countTaken,
  type Failure,
  failureOf,
  notProcessed,
} from '#payments/charges';
import type { EventKind } from '#platform/events';
import type { Change } from '#rails/operations';
import { canceled, nothing, settled, shownOf, to } from './ends.ts';
import {
  intentCanceled,
  intentCapturable,
  intentFailed,
  intentProcessing,
  intentRequiresAction,
  intentSucceeded,
} from './events.ts';
import { lastErrorOf } from './last-error.ts';
import { isManual, type PaymentIntent } from './payment-intent.ts';

export type Known = {
  readonly intent: PaymentIntent;
  readonly charge: Charge;
  readonly change: Pick<Change, 'before' | 'after' | 'conclusion'>;
  readonly nowMs: number;
  /** Another candidate is asked at once if nothing was sent. */
  readonly isReroutable: boolean;
  /** Somebody waits for it, and goes on with it. */
  readonly isAwaited: boolean;
  /** Whether the card's holder may still be asked, or is asked there, where their bank wants it. */
  readonly holder?: 'may_be_asked' | { readonly url: string; readonly id?: Uuid } | null;
  /** Rendered: what the last error shows of the method. */
  readonly shownMethod: unknown;
};

export type Decided = {
  readonly intent: PaymentIntent;
  readonly charge: Charge;
  readonly kinds: readonly EventKind[];
  /** Money that moved now. */
  readonly moved: { readonly kind: 'capture'; readonly amount: bigint } | null;
  /** The method was used up, or is the customer's to keep. */
  readonly isPaid: boolean;
  /** Money that nobody wants any more is to go back. */
  readonly release: boolean;
};

/** How long an authorization is held for, where the provider says nothing else. */
export const AUTHORIZATION_MS = 7 * 24 * 60 * 60 * 1000;
/** An attempt that nobody goes on with is looked at after this long. */
export const LEFT_BEHIND_MS = 60_000;

/** Null: nothing follows from it. */
export const concludePayment = (known: Known): Decided | null => {
  switch (known.change.after.kind) {
    case 'authorize':
    case 'sale':
      return concludeAttempt(known);
    case 'increment':
      return concludeIncrement(known);
    case 'capture':
      return concludeCapture(known);
    case 'void':
      return concludeVoid(known);
    default:
      return null;
  }
};

const concludeAttempt = (known: Known): Decided | null => {
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
      return known.isReroutable ? wait(known) : fail(known, notProcessed());
    case 'reversed':
      return isCurrent ? fail(known, notProcessed()) : null;
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
  const moved = isSale ? ({ kind: 'capture', amount: change.after.amount } as const) : null;

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

/** A yes to an attempt that had ended: the payer must not pay for what the merchant was told had failed. */
const takeUnwanted = (known: Known): Decided => {
  const { intent, change } = known;
  return {
    intent,
    charge: { ...succeed(known), isUnwanted: true },
    kinds: [chargeSucceeded],
    moved: change.after.kind === 'sale' ? { kind: 'capture', amount: change.after.amount } : null,
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
      ...intent,
      ...settled,
      status: to(intent, 'failed'),
      latestChargeId: charge.id,
      methodId: null,
      lastError: lastErrorOf(failure, shownMethod, spellId(CHARGE, charge.id)),
    },
    charge: failed,
    kinds: [chargeFailed, intentFailed],
  };
};

/** A bank that wants its holder to be asked has said no to this attempt, and not to the payment. */
const decline = (known: Known): Decided => {
  const { intent, change, holder = null } = known;
  const { code, told } = change.conclusion;
  const failed = fail(known, failureOf(code, told));
  const wants = code === 'authentication_required' && intent.cancelWanted === null;
  if (!wants || holder === null) return failed;
  if (holder === 'may_be_asked') return wait(known);
  const { returnUrl } = intent;
  return {
    ...failed,
    intent: {
      ...failed.intent,
      status: to(intent, 'action_required'),
      methodId: intent.methodId,
      lastError: null,
      authenticationId: holder.id ?? null,
      nextAction: { url: holder.url, returnUrl, useSdk: returnUrl === null },
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

const requireAction = ({ intent, charge, change }: Known): Decided => {
  const url = change.conclusion.told?.action?.url ?? null;
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

const tellProcessing = ({ intent, charge }: Known): Decided | null => {
  if (intent.isProcessingTold) return null;
  return {
    ...nothing,
    intent: {
      ...intent,
      status: to(intent, 'sent'),
      latestChargeId: charge.id,
      nextAction: null,
      isProcessingTold: true,
      dueAtMs: null,
    },
    charge,
    kinds: intent.doing === 'payment' ? [chargePending, intentProcessing] : [intentProcessing],
  };
};

/** Until it is known, what was held is neither captured nor let go. */
const concludeIncrement = (known: Known): Decided | null => {
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

const concludeCapture = (known: Known): Decided | null => {
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
      return {
        ...nothing,
        intent: {
          ...intent,
          ...settled,
          status: to(intent, 'kept'),
          dueAtMs: charge.captureBeforeMs,
        },
        charge: { ...charge, capturing: 0n, isCaptureOver: false },
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
      lastError: lastErrorOf(failureOf(code, told), shownMethod, spellId(CHARGE, charge.id)),
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

const concludeVoid = (known: Known): Decided | null => {
  const { intent, charge, change } = known;
  const { state } = change.conclusion;
  if (charge.attempt !== change.after.ordinal || charge.isCaptureOver) return null;
  const isOfIntent = intent.doing === 'void' && intent.latestChargeId === charge.id;
  switch (state) {
    case 'approved':
    case 'reversed':
      return isOfIntent ? letGo(known) : { ...nothing, intent, charge: over(charge), kinds: [] };
    case 'declined':
    case 'not_sent':
      // What nobody wants is asked again later until it is gone; what the merchant wanted is kept.
      if (charge.isUnwanted) return { ...nothing, intent, charge, kinds: [], release: true };
      if (!isOfIntent) return null;
      if (state === 'declined' && hasRunOut(known)) return letGo(known);
      return {
        ...nothing,
        intent: {
          ...intent,
          ...settled,
          status: to(intent, 'kept'),
          cancelWanted: null,
          dueAtMs: charge.captureBeforeMs,
        },
        charge,
        kinds: [],
      };
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
const letGo = ({ intent, charge, nowMs }: Known): Decided => {
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
    kinds: reason === 'expired' ? [chargeExpired, intentCanceled] : [intentCanceled],
  };
};
