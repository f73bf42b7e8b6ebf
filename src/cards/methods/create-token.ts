import type { Static } from 'typebox';
import { receiveRefusals, vaultOf } from '#cards/vault';
import type { Context, Scope } from '#kit/context';
import { newUuid, spellId } from '#kit/ids';
import {
  ApiError,
  cardRefused,
  type Outcome,
  parameterMissing,
  type TypedRequest,
} from '#platform/http';
import { legacyOf } from './legacy-card.ts';
import type { createTokenParameters } from './method-parameters.ts';
import { dropCard, storeCard } from './receive-card.ts';
import { forPrincipal } from './render-payment-method.ts';
import { renderToken } from './render-token.ts';
import type { Token } from './token.ts';
import { insertToken } from './tokens.store.ts';

export const createToken = async (
  context: Context,
  request: TypedRequest<typeof createTokenParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  if (asked.customer !== undefined) {
    throw new ApiError(
      400,
      'Tokens of a customer belong to connected accounts, which are not part of this installation.',
      { param: 'customer' },
    );
  }
  if (asked.cvc_update !== undefined) return createCvcToken(context, scope, asked.cvc_update);
  if (asked.card === undefined) throw parameterMissing('card');

  const { card } = asked;
  const stored = await storeCard(context, scope, card, 'card');
  const token: Token = {
    ...newToken(context),
    type: 'card',
    cardId: stored.cardId,
    cvcRef: stored.cvcRef,
    card: {
      facts: stored.facts,
      shownId: newUuid(context),
      legacy: legacyOf(card),
    },
  };
  return {
    body: forPrincipal(request.principal, renderToken(token, scope.livemode)),
    writes: [insertToken(scope, token)],
    undo: () => dropCard(context, scope, stored),
  };
};

const newToken = (context: Context) => ({
  id: newUuid(context),
  used: false,
  clientIp: context.actor.address ?? null,
});

type AskedCvc = NonNullable<Static<typeof createTokenParameters>['cvc_update']>;

/** A security code for a card that is stored already: held in memory, and stored nowhere. */
const createCvcToken = async (
  context: Context,
  scope: Scope,
  asked: AskedCvc,
): Promise<Outcome> => {
  const cvcRef = newUuid(context);
  const audiences = [spellId('acct', scope.accountId)];
  const cvc = asked.sealed === undefined ? asked.cvc : { jwe: asked.sealed, audiences };
  if (cvc === undefined) throw parameterMissing('cvc_update[cvc]');

  const held = await vaultOf(context).holdCvc(context, { scope, cvcFor: cvcRef, cvc });
  if (!held.ok) {
    throw held.code === 'cvc_malformed'
      ? cardRefused('invalid_cvc', { param: 'cvc' })
      : new ApiError(400, receiveRefusals[held.code], { param: 'cvc_update[sealed]' });
  }
  const token: Token = {
    ...newToken(context),
    type: 'cvc_update',
    cardId: null,
    cvcRef,
    card: null,
  };
  return {
    body: renderToken(token, scope.livemode),
    writes: [insertToken(scope, token)],
    undo: () => vaultOf(context).dropCvc(context, { scope, cvcFor: cvcRef }),
  };
};
