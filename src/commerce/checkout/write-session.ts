// The rows of a change of a session, from the version that was read, with its events.

import type { Context, Scope, Write } from '#kit/context';
import { releaseOrder } from '#payments/intents';
import { appendChange, type Cause, type EventKind } from '#platform/events';
import { enqueue } from '#platform/jobs';
import { sessionSnapshot } from './events.ts';
import { placeWrites } from './places.store.ts';
import type { CheckoutSession } from './session.ts';
import { updateSession } from './sessions.store.ts';

export const writeSession = (
  context: Pick<Context, 'clock' | 'random'>,
  scope: Scope,
  change: {
    readonly before: CheckoutSession;
    readonly after: CheckoutSession;
    readonly kinds: readonly EventKind[];
    readonly cause: Cause;
  },
): { readonly session: CheckoutSession; readonly writes: readonly Write[] } => {
  const { before, kinds } = change;
  const session: CheckoutSession = {
    ...change.after,
    version: before.version + 1,
    events: before.events + kinds.length,
  };
  const writes = [updateSession(scope, session), ...placeWrites(scope, before, session)];
  const { id, orderReference } = session;
  if (before.status !== 'expired' && session.status === 'expired' && orderReference !== null) {
    writes.push(releaseOrder(scope, { orderReference, kind: 'session', id }));
  }
  if (kinds.length > 0) {
    writes.push(
      appendChange(context, {
        scope,
        objectId: session.id,
        sequence: before.events + 1,
        kinds,
        snapshot: sessionSnapshot(scope, session),
        request: change.cause,
      }),
    );
  }
  // Whether its link may be paid once more is the link's business.
  if (session.linkId !== null && before.status !== 'complete' && session.status === 'complete') {
    writes.push(
      enqueue(context, { name: LINK_PAID_JOB, payload: { ...scope, link: session.linkId } }),
    );
  }
  return { session, writes };
};

/** The work of the module that has the links. */
export const LINK_PAID_JOB = 'links.paid';
