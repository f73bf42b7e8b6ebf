// A token becomes something, once. The write that marks it used stands first in its unit: whoever comes
// second loses there and takes nothing.

import type { Context, Scope, Write } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { type ApiError, refuse, resourceMissing } from '#platform/http';
import type { LegacyCard } from './payment-method.ts';
import type { StoredCard } from './receive-card.ts';
import { TOKEN } from './render-token.ts';
import { loadToken, useToken } from './tokens.store.ts';

export type TakenToken = {
  readonly stored: StoredCard;
  readonly legacy: LegacyCard;
  readonly shownId: Uuid;
  readonly writes: readonly Write[];
};

/** A security code that was asked for again: the card is paid with it, once. */
export const takeCvcToken = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param: string,
): Promise<{ readonly cvcRef: Uuid; readonly writes: readonly Write[] }> => {
  const id = parseId(TOKEN, spelled);
  const token = id && (await loadToken(context, scope, id));
  if (!token || token.type !== 'cvc_update' || token.cvcRef === null) {
    throw resourceMissing({ noun: 'token', id: spelled, param });
  }
  if (token.used) throw usedBefore(spelled);
  return { cvcRef: token.cvcRef, writes: [useToken(scope, token.id)] };
};

export const takeToken = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param: string,
): Promise<TakenToken> => {
  const id = parseId(TOKEN, spelled);
  const token = id && (await loadToken(context, scope, id));
  if (!token || token.type !== 'card') {
    throw resourceMissing({ noun: 'token', id: spelled, param });
  }
  if (token.used || token.card === null || token.cardId === null) {
    throw usedBefore(spelled);
  }
  return {
    stored: { cardId: token.cardId, facts: token.card.facts, cvcRef: token.cvcRef },
    legacy: token.card.legacy,
    shownId: token.card.shownId,
    writes: [useToken(scope, token.id)],
  };
};

const usedBefore = (spelled: string): ApiError =>
  refuse('token_already_used', {
    message: `You cannot use a Stripe token more than once: ${spelled}.`,
  });
