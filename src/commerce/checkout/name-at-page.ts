// What a payer read as the name of the shop, where they paid at a page: whoever speaks of the payment later says the
// same.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { loadIntent } from '#payments/intents';
import { MAKER } from './made.ts';
import { loadSession } from './sessions.store.ts';

/** Null where the page said nothing of its own, or there was none. */
export const nameAtPage = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<string | null> => {
  const intent = await loadIntent(context, scope, intentId);
  if (intent?.madeBy?.object !== MAKER) return null;
  return (await loadSession(context, scope, intent.madeBy.id))?.branding?.name ?? null;
};
