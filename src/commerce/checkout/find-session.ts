import type { Context, Scope } from '#kit/context';
import { missingIn } from '#platform/http';
import type { CheckoutSession } from './session.ts';
import { isSecret, parseSession } from './session-id.ts';
import { loadSession } from './sessions.store.ts';

/** The session of that whole id, random part and all; or undefined, whatever is wrong with it. */
export const sessionNamed = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<CheckoutSession | undefined> => {
  const named = parseSession(spelled);
  if (named === null || named.scope.accountId !== scope.accountId) return undefined;
  if (named.scope.livemode !== scope.livemode) return undefined;
  const session = await loadSession(context, scope, named.id);
  return session && isSecret(session.secret, named.secret) ? session : undefined;
};

export const findSession = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<CheckoutSession> => {
  const session = await sessionNamed(context, scope, spelled);
  if (session !== undefined) return session;
  throw await missingIn(scope, { noun: 'checkout.session', id: spelled }, (other) =>
    sessionNamed(context, other, spelled),
  );
};
