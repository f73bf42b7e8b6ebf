// Beginning anew where a session has ended: the same lines, the same ways back, a new payment.

import type { Context, Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { orderWrites } from './create-session.ts';
import { blankSession, type CheckoutSession } from './session.ts';
import { newSessionSecret, spellSession } from './session-id.ts';
import { insertSession } from './sessions.store.ts';
import { publicUrlOf } from './settings.ts';
import { mayRecover } from './view-of.ts';

const LASTS_MS = 24 * 60 * 60 * 1000;

/** The id of the new one; null where the merchant has not allowed it, or it was too long ago. */
export const recoverSession = async (
  context: Context,
  scope: Scope,
  ended: CheckoutSession,
): Promise<string | null> => {
  const nowMs = context.clock.now();
  if (!mayRecover(ended, nowMs)) return null;
  const id = newUuid(context);
  const secret = newSessionSecret(context);
  const spelled = spellSession(scope, { id, secret });
  const fresh: CheckoutSession = {
    ...ended,
    ...blankSession,
    id,
    secret,
    amount: ended.amount,
    linkId: ended.linkId,
    expiresAtMs: nowMs + LASTS_MS,
    dueAtMs: nowMs + LASTS_MS,
    pageUrl: `${publicUrlOf(context)}/c/${spelled}`,
    recoveredFrom: spellSession(scope, ended),
  };
  const writes = [insertSession(scope, fresh), ...orderWrites(scope, fresh)];
  const { ok } = await context.database.commit(scope, writes);
  // An order that is registered meanwhile gets no second session.
  return ok ? spelled : null;
};
