import type { Static } from 'typebox';
import type { Context, Scope, Write } from '#kit/context';
import { newUuid } from '#kit/ids';
import { ApiError, type Outcome, parameterMissing, type TypedRequest } from '#platform/http';
import { applyCommon } from './apply-parameters.ts';
import { cardMethod } from './find-method.ts';
import type { createMethodParameters } from './method-parameters.ts';
import { isOtherType, needsHash } from './other-types.ts';
import { emptyBilling, type PaymentMethod } from './payment-method.ts';
import { insertMethod } from './payment-methods.store.ts';
import { cardOfTestId, dropCard, type StoredCard, storeCard } from './receive-card.ts';
import { forPrincipal, renderPaymentMethod } from './render-payment-method.ts';
import { takeToken } from './take-token.ts';

export type MethodData = Partial<Static<typeof createMethodParameters>>;

export const createMethod = async (
  context: Context,
  request: TypedRequest<typeof createMethodParameters>,
): Promise<Outcome> => {
  const { scope } = request;
  const made = await makeMethod(context, scope, request.parameters, '');
  return {
    body: forPrincipal(request.principal, renderPaymentMethod(made.method, scope.livemode)),
    writes: made.writes,
    undo: made.undo,
  };
};

export type MadeMethod = {
  readonly method: PaymentMethod;
  readonly writes: readonly Write[];
  readonly undo: () => Promise<void>;
};

/** For `POST /v1/payment_methods` and, with a prefix, for `payment_method_data`. */
export const makeMethod = async (
  context: Context,
  scope: Scope,
  asked: MethodData,
  prefix: string,
): Promise<MadeMethod> => {
  const named = (name: string): string => (prefix === '' ? name : `${prefix}[${name}]`);
  const { type } = asked;
  if (type === undefined) throw parameterMissing(named('type'));
  refuseOtherHashes(asked, type, named);

  if (isOtherType(type)) {
    if (needsHash(type) && (asked as Record<string, unknown>)[type] === undefined) {
      throw parameterMissing(named(type));
    }
    const method = applyCommon(otherMethod(context, type, asked), asked);
    return { method, writes: [insertMethod(scope, method)], undo: async () => {} };
  }

  const { card } = asked;
  if (card === undefined) throw parameterMissing(named('card'));
  const { stored, writes } = await cardFor(context, scope, card, named('card'));
  const method = applyCommon(cardMethod(context, stored), asked);
  return {
    method,
    writes: [...writes, insertMethod(scope, method)],
    // A card that came with a token stays the token's when this comes to nothing.
    undo: async () => {
      if (writes.length === 0) await dropCard(context, scope, stored);
    },
  };
};

type AskedCard = NonNullable<MethodData['card']>;

const cardFor = async (
  context: Context,
  scope: Scope,
  card: AskedCard,
  param: string,
): Promise<{ stored: StoredCard; writes: readonly Write[] }> => {
  const { token, ...fields } = card;
  if (token === undefined) {
    return { stored: await storeCard(context, scope, fields, param), writes: [] };
  }
  const [other] = Object.keys(fields);
  if (other !== undefined) {
    throw new ApiError(
      400,
      `You may only specify one of these parameters: ${param}[token], ${param}[${other}].`,
      { param: `${param}[token]` },
    );
  }
  const ready = cardOfTestId(context, scope, token);
  if (ready !== null) return { stored: await storeCard(context, scope, ready, param), writes: [] };
  return takeToken(context, scope, token, `${param}[token]`);
};

const otherMethod = (
  context: Pick<Context, 'clock' | 'random'>,
  type: string,
  asked: MethodData,
): PaymentMethod => ({
  id: newUuid(context),
  version: 1,
  events: 0,
  legacy: null,
  type,
  state: 'unattached',
  customerId: null,
  cardId: null,
  metadata: {},
  card: null,
  other: (asked as Record<string, Record<string, unknown> | undefined>)[type] ?? {},
  billing: emptyBilling,
  allowRedisplay: 'unspecified',
});

const refuseOtherHashes = (
  asked: MethodData,
  type: string,
  named: (name: string) => string,
): void => {
  for (const name of Object.keys(asked)) {
    if ((name === 'card' || isOtherType(name)) && name !== type) {
      throw new ApiError(
        400,
        `You may not specify ${named(name)} when the type is ${type}: the hash has the name of the type.`,
        { param: named(name), code: 'parameter_unknown' },
      );
    }
  }
};
