// What the ends of a payment have in common, whichever way it comes to them.

import type { Uuid } from '#kit/ids';
import { type Charge, chargePending } from '#payments/charges';
import type { EventKind } from '#platform/events';
import type { Change, Operation, Told } from '#rails/operations';
import { intentProcessing } from './events.ts';
import { type IntentEvent, next } from './intent-states.ts';
import type { CancellationReason, PaymentIntent } from './payment-intent.ts';

export type Known = {
  readonly intent: PaymentIntent;
  readonly charge: Charge;
  readonly change: Pick<Change, 'before' | 'after' | 'conclusion'>;
  readonly nowMs: number;
  /** Another candidate is asked at once if nothing was sent. */
  readonly isReroutable: boolean;
  /** Somebody waits for it, and goes on with it. */
  readonly isAwaited: boolean;
  /**
   * Whether the card's holder may still be asked where their bank wants it, must not be because whoever pays said
   * so, or is asked there.
   */
  readonly holder?: 'may_be_asked' | 'must_not_be_asked' | HolderAsked | null;
  /** It counts nowhere yet, although its word was there before, or comes after a no. Null: it is none. */
  readonly late?: LateWord | null;
  /** Captures that were approved too late to be booked beside this one: they are, where this one came to nothing. */
  readonly beside?: Beside | null;
  /** A void, after which another of the same charge was begun. */
  readonly isOutrun?: boolean;
  /** What the last error shows of the method: rendered only where there is one. */
  readonly shownMethod: () => unknown;
};

export type LateWord = {
  /** Of a capture: what it left was let go of. */
  readonly isLast: boolean;
  /** A person has said it, who has looked at the provider. */
  readonly isPersons: boolean;
};

export type Beside = {
  readonly operations: readonly Operation[];
  /** One of them let go of what it left. */
  readonly isLast: boolean;
};

export type HolderAsked = {
  readonly url: string;
  readonly id?: Uuid;
  /** The page that confirmed shows it over itself, whether or not the payer could be sent back. */
  readonly useSdk: boolean;
};

export type Moved = {
  readonly kind: 'capture';
  readonly amount: bigint;
  /** Of the operation that moved it, where that is another than the one that was heard of. */
  readonly reference?: string;
};

export type Decided = {
  readonly intent: PaymentIntent;
  readonly charge: Charge;
  readonly kinds: readonly EventKind[];
  /** Money that moved now. */
  readonly moved: readonly Moved[];
  /** The method was used up, or is the customer's to keep. */
  readonly isPaid: boolean;
  /** Money that nobody wants any more is to go back. */
  readonly release: boolean;
};

/** How long an authorization is held for, where the provider says nothing else. */
export const AUTHORIZATION_MS = 7 * 24 * 60 * 60 * 1000;
/** An attempt that nobody goes on with is looked at after this long. */
export const LEFT_BEHIND_MS = 60_000;

export const to = (intent: PaymentIntent, event: IntentEvent): PaymentIntent['status'] =>
  next(intent.status, event) ?? intent.status;

export const nothing = { moved: [], isPaid: false, release: false } as const;

export const settled = {
  doing: null,
  isProcessingTold: false,
  nextAction: null,
  dueAtMs: null,
} as const;

export const canceled = (
  intent: PaymentIntent,
  reason: CancellationReason | null,
  nowMs: number,
): PaymentIntent => ({
  ...intent,
  ...settled,
  status: to(intent, 'canceled'),
  capturable: 0n,
  cancelWanted: null,
  canceledAtMs: nowMs,
  cancellationReason: reason,
});

/** What was asked has not happened: what is held stays held, for as long as it was. */
export const kept = ({ intent, charge }: Known, changes: Partial<PaymentIntent> = {}): Decided => ({
  ...nothing,
  intent: {
    ...intent,
    ...settled,
    status: to(intent, 'kept'),
    dueAtMs: charge.captureBeforeMs,
    ...changes,
  },
  charge,
  kinds: [],
});

/** What may be shown of what the provider told; its own ids and dates are the connector's business. */
export const shownOf = (told: Told | null): Charge['told'] => {
  if (told === null || (told.data === undefined && told.action === undefined)) return told;
  const { data: _data, action: _action, ...shown } = told;
  return shown;
};

export const tellProcessing = ({ intent, charge }: Known): Decided | null => {
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
