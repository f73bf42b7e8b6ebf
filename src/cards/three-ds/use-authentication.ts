// A proof goes out once, for the very payment it was made for. What is read here says why not; what
// holds under a race is the write, which is committed with the operation that carries the proof.

import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Authentication } from './authentication.ts';
import { type Binding, loadAuthentication, useAuthenticationRow } from './authentications.store.ts';
import { type CardAuthentication, proofOf } from './card-authentication.ts';
import { openValue } from './sealed-value.ts';

/** In order of precedence. */
const useRefusals = {
  no_such_authentication: 'There is no such authentication.',
  not_completed: 'The holder of the card has not been authenticated.',
  other_intent: 'The authentication was made for another payment.',
  other_card: 'The authentication was made for another card.',
  other_merchant: 'The authentication was made for another merchant.',
  other_amount: 'The authentication was made for another amount or currency.',
  already_used: 'The authentication was used before.',
  too_old: 'The authentication is older than fifteen minutes.',
} as const;

export type UseRefusal = keyof typeof useRefusals;

export type Used =
  | { readonly ok: true; readonly authentication: Authentication; readonly write: Write }
  | { readonly ok: false; readonly code: UseRefusal };

export const useAuthentication = async (
  context: Context,
  scope: Scope,
  input: Binding & { readonly id: Uuid; readonly operationId: Uuid },
): Promise<Used> => {
  const found = await loadAuthentication(context, scope, input.id);
  const code = refusalOf(found, input, context.clock.now());
  if (found === undefined || code !== null) {
    return { ok: false, code: code ?? 'no_such_authentication' };
  }
  const sealed = found.learned.cavv;
  const cavv = sealed === null ? null : openValue(context, scope, found.id, sealed);
  const { operationId, intentId, card, amount, currency, merchantId } = input;
  const write = useAuthenticationRow(scope, found.id, {
    operationId,
    intentId,
    card,
    amount,
    currency,
    merchantId,
    nowMs: context.clock.now(),
  });
  return { ok: true, authentication: proofOf(found, cavv), write };
};

const refusalOf = (
  found: CardAuthentication | undefined,
  wanted: Binding,
  nowMs: number,
): UseRefusal | null => {
  if (found === undefined) return 'no_such_authentication';
  if (found.state !== 'completed') return 'not_completed';
  if (found.intentId !== wanted.intentId) return 'other_intent';
  if (found.card !== wanted.card) return 'other_card';
  if (found.merchantId !== wanted.merchantId) return 'other_merchant';
  if (found.amount !== wanted.amount || found.currency !== wanted.currency) return 'other_amount';
  if (found.usedFor !== null) return 'already_used';
  return nowMs >= found.expiresAtMs ? 'too_old' : null;
};
