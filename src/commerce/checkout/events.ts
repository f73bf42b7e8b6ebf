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

const rendering =
  (shown: (session: CheckoutSession) => CheckoutSession): EventRenderer =>
  (snapshot, livemode) => ({
    // Older snapshots know nothing of what sessions have learned since.
    object: renderSession(shown({ ...blankSession, ...(snapshot['session'] as CheckoutSession) }), {
      accountId: snapshot['account'] as string,
      livemode,
    }),
  });

/** Not all that is said of cards was shown at first. */
const withFewerOptions = (session: CheckoutSession): CheckoutSession => {
  const { payment_method_options: options, ...rest } = session.intentData;
  if (!options?.card) return session;
  const {
    request_extended_authorization: _extended,
    request_overcapture: _overcapture,
    statement_descriptor_suffix_kana: _kana,
    statement_descriptor_suffix_kanji: _kanji,
    ...card
  } = options.card;
  return { ...session, intentData: { ...rest, payment_method_options: { ...options, card } } };
};

/** Nor was its order. */
const withoutOrder = (session: CheckoutSession): CheckoutSession => ({
  ...session,
  orderReference: null,
});

const kind = (code: number, type: string): EventKind => ({
  code,
  type,
  object: 'checkout.session',
  renderers: {
    1: rendering((session) => withoutOrder(withFewerOptions(session))),
    2: rendering(withoutOrder),
    3: rendering((session) => session),
  },
  renderer: 3,
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
