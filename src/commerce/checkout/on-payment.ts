// Hears what becomes of the payment of a session, in the transaction that writes it.

import { present } from '#kit/assert';
import type { PaymentListener } from '#payments/intents';
import { afterPayment } from './after-payment.ts';
import { MAKER } from './made.ts';
import { loadSession } from './sessions.store.ts';
import { writeSession } from './write-session.ts';

export const onPayment: PaymentListener = async (context, scope, told) => {
  const { intent, charge, kinds, cause } = told;
  if (intent.madeBy?.object !== MAKER) return [];
  const before = present(
    await loadSession(context, scope, intent.madeBy.id),
    'The session that made the payment',
  );
  const change = afterPayment(before, {
    intent,
    failed: kinds.some(({ type }) => type === 'payment_intent.payment_failed'),
    isDelayed: told.isTakenOn && charge !== null && isDelayed(charge, intent.status),
    nowMs: context.clock.now(),
  });
  if (change === null) return [];
  return writeSession(context, scope, {
    before,
    after: change.session,
    kinds: change.kinds,
    cause,
  }).writes;
};

/** With a card nothing takes days: what is not known of it is not known, and the session stays open. */
const isDelayed = (
  charge: { readonly status: string; readonly method: { readonly type: string } },
  status: string,
): boolean =>
  status === 'processing' && charge.status === 'pending' && charge.method.type !== 'card';
