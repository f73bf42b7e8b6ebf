// What others learn of sessions. One snapshot per change; the event is rendered from it.

import type { Scope } from '#kit/context';
import type { EventKind, EventRenderer, Snapshot } from '#platform/events';
import { renderSession } from './render-session.ts';
import { blankSession, type CheckoutSession } from './session.ts';
import { plain } from './sessions.store.ts';

export const sessionSnapshot = ({ accountId }: Scope, session: CheckoutSession): Snapshot => ({
  session: plain(session),
  account: accountId,
});

const render: EventRenderer = (snapshot, livemode) => ({
  // Older snapshots know nothing of what sessions have learned since.
  object: renderSession(
    { ...blankSession, ...(snapshot['session'] as CheckoutSession) },
    { accountId: snapshot['account'] as string, livemode },
  ),
});

const kind = (code: number, type: string): EventKind => ({
  code,
  type,
  object: 'checkout.session',
  renderers: { 1: render },
  renderer: 1,
});

export const sessionCompleted = kind(401, 'checkout.session.completed');
export const sessionExpired = kind(402, 'checkout.session.expired');
export const sessionPaidLater = kind(403, 'checkout.session.async_payment_succeeded');
export const sessionFailedLater = kind(404, 'checkout.session.async_payment_failed');

export const sessionEventKinds = [
  sessionCompleted,
  sessionExpired,
  sessionPaidLater,
  sessionFailedLater,
];
