// A confirmation token becomes the method of an intent, once.

import { loadMethods, type PaymentMethod } from '#cards/methods';
import { present } from '#kit/assert';
import type { Context, Scope, Write } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { ApiError, missingIn } from '#platform/http';
import { CONFIRMATION_TOKEN, type ConfirmationToken, expiresAtMs } from './confirmation-token.ts';
import { loadToken, useToken } from './tokens.store.ts';

export type TakenToken = {
  readonly method: PaymentMethod;
  /** The first of them loses where the token was used meanwhile. */
  readonly writes: readonly Write[];
  readonly token: ConfirmationToken;
};

export const takeConfirmationToken = async (
  context: Context,
  scope: Scope,
  spelled: string,
  by: { readonly prefix: string; readonly id: Uuid },
): Promise<TakenToken> => {
  const token = await findToken(context, scope, spelled, 'confirmation_token');
  if (token.usedBy !== null) {
    throw new ApiError(
      400,
      `This ConfirmationToken (${spelled}) was used before. A ConfirmationToken confirms one intent, once.`,
      { param: 'confirmation_token' },
    );
  }
  if (expiresAtMs(token) <= context.clock.now()) {
    throw new ApiError(400, `This ConfirmationToken (${spelled}) has expired: collect a new one.`, {
      param: 'confirmation_token',
    });
  }
  const method = (await loadMethods(context, scope, [token.method.id])).get(token.method.id);
  return {
    method: present(method, 'The method of a token'),
    token,
    writes: [useToken(scope, token.id, by)],
  };
};

export const findToken = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
): Promise<ConfirmationToken> => {
  const id = parseId(CONFIRMATION_TOKEN, spelled);
  const token = id && (await loadToken(context, scope, id));
  if (token) return token;
  throw await missingIn(
    scope,
    { noun: 'confirmationtoken', id: spelled, param },
    (other) => id && loadToken(context, other, id),
  );
};
