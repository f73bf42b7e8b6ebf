// What a session that keeps a card becomes by what becomes of its setup: pure.

import type { SetupIntent } from '#payments/setup';
import { failedOnce, type SessionChange } from './after-payment.ts';
import { sessionCompleted } from './events.ts';
import type { CheckoutSession } from './session.ts';

/** Null: nothing follows from it. `failed`: the setup tells that a try has just come to nothing. */
export const afterSetup = (
  session: CheckoutSession,
  told: {
    readonly setup: Pick<SetupIntent, 'status'>;
    readonly failed: boolean;
    readonly nowMs: number;
  },
): SessionChange | null => {
  if (session.status !== 'open') return null;
  if (told.setup.status === 'succeeded') {
    return {
      session: { ...session, status: 'complete', completedAtMs: told.nowMs, dueAtMs: null },
      kinds: [sessionCompleted],
    };
  }
  return told.failed ? { session: failedOnce(session), kinds: [] } : null;
};
