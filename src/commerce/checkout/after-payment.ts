// What a session becomes by what becomes of its payment: pure, and the one place where that is decided.

import type { PaymentIntent } from '#payments/intents';
import type { EventKind } from '#platform/events';
import { sessionCompleted, sessionFailedLater, sessionPaidLater } from './events.ts';
import type { CheckoutSession } from './session.ts';

export type SessionChange = {
  readonly session: CheckoutSession;
  readonly kinds: readonly EventKind[];
};

/** Its place is free for somebody else until it is tried again. */
export const failedOnce = (session: CheckoutSession): CheckoutSession => ({
  ...session,
  failedTries: session.failedTries + 1,
  hasPlace: false,
});

/** Null: nothing follows from it. `failed`: the payment tells that a try has just come to nothing. */
export const afterPayment = (
  session: CheckoutSession,
  told: {
    readonly intent: Pick<PaymentIntent, 'status' | 'cancelWanted'>;
    readonly failed: boolean;
    /** The provider accepted it and will tell in days: a bank debit, a voucher. Never an unknown outcome. */
    readonly isDelayed: boolean;
    readonly nowMs: number;
  },
): SessionChange | null => {
  const { intent, failed, isDelayed, nowMs } = told;
  const isPaid = intent.status === 'succeeded';
  switch (session.status) {
    case 'open':
      if (isPaid || intent.status === 'requires_capture' || isDelayed) {
        return {
          session: {
            ...session,
            status: 'complete',
            paymentStatus: isPaid ? 'paid' : 'unpaid',
            isDelayed,
            completedAtMs: nowMs,
            dueAtMs: null,
          },
          kinds: [sessionCompleted],
        };
      }
      return failed ? { session: failedOnce(session), kinds: [] } : null;
    case 'complete':
      if (session.paymentStatus !== 'unpaid') return null;
      if (isPaid) {
        // An authorization that is captured was no delayed payment: the session only follows it.
        return {
          session: { ...session, paymentStatus: 'paid' },
          kinds: session.isDelayed ? [sessionPaidLater] : [],
        };
      }
      return failed && session.isDelayed ? { session, kinds: [sessionFailedLater] } : null;
    case 'expired':
      // What still comes goes back by itself: the payment was told that nobody wants it any more.
      return null;
  }
};
