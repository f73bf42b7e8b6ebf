// One authentication by its id, as others may see it, and what it came to.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { loadAuthentication } from './authentications.store.ts';
import { type Begun, begunAs } from './begin-authentication.ts';
import type { CardAuthentication } from './card-authentication.ts';

export type Found = { readonly authentication: CardAuthentication; readonly now: Begun | null };

/** `now` says what a payment does with it; null once its proof was used or is too old. */
export const findAuthentication = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Found | undefined> => {
  const authentication = await loadAuthentication(context, scope, id);
  if (authentication === undefined) return undefined;
  const { state, usedFor, expiresAtMs } = authentication;
  const isOver = state === 'completed' && (usedFor !== null || expiresAtMs <= context.clock.now());
  return { authentication, now: isOver ? null : begunAs(context, scope, authentication) };
};
