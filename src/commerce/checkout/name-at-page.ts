// What a payer read as the name of the shop, where they paid at a page: whoever speaks of the payment later says the
// same.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { loadIntent } from '#payments/intents';
import { MAKER } from './made.ts';
import { parseSession } from './session-id.ts';
import { loadSession } from './sessions.store.ts';

/** Null where the page said nothing of its own, or there was none. */
export const nameAtPage = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<string | null> => {
  const intent = await loadIntent(context, scope, intentId);
  if (intent?.madeBy?.object !== MAKER) return null;
  return nameAt(context, scope, intent.madeBy.id);
};

/** Of a page that nobody paid at, by how its session is spelled. */
export const nameAtSession = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<string | null> => {
  const named = parseSession(spelled);
  return named === null ? null : nameAt(context, scope, named.id);
};

const nameAt = async (context: Context, scope: Scope, sessionId: Uuid): Promise<string | null> =>
  (await loadSession(context, scope, sessionId))?.branding?.name ?? null;
