import { testCardById } from '#cards/bins';
import type { Context, Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { type ApiError, missingIn, resourceMissing } from '#platform/http';
import { emptyBilling, type PaymentMethod } from './payment-method.ts';
import { loadMethod } from './payment-methods.store.ts';
import { cardOfTestId, dropCard, type StoredCard, storeCard } from './receive-card.ts';
import { parseMethodId, spellMethod } from './render-payment-method.ts';

export type FoundMethod = {
  readonly method: PaymentMethod;
  /** A ready-made id makes a method that is not stored yet: whoever uses it inserts it. */
  readonly isNew: boolean;
  /** Takes back what a new one left in the vault, when it comes to nothing. */
  readonly undo?: () => Promise<void>;
};

/** Of `pm_…`, or of a ready-made `pm_card_visa`, of which each use makes a new one. */
export const findMethod = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
): Promise<FoundMethod> => {
  const ready = cardOfTestId(context, scope, spelled);
  if (ready !== null && spelled.startsWith('pm_card_')) {
    const stored = await storeCard(context, scope, ready, 'card');
    return {
      method: cardMethod(context, stored),
      isNew: true,
      undo: () => dropCard(context, scope, stored),
    };
  }
  return { method: await findStoredMethod(context, scope, spelled, param), isNew: false };
};

/** One that is there; a ready-made id names none. */
export const findStoredMethod = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
): Promise<PaymentMethod> => {
  const id = parseMethodId(spelled);
  const method = id && (await loadMethod(context, scope, id));
  if (method && spellMethod(method) === spelled) return method;
  throw await methodMissing(context, scope, spelled, param);
};

export const cardMethod = (
  context: Pick<Context, 'clock' | 'random'>,
  stored: StoredCard,
): PaymentMethod => ({
  id: newUuid(context),
  version: 1,
  events: 0,
  legacy: null,
  type: 'card',
  state: 'unattached',
  customerId: null,
  cardId: stored.cardId,
  metadata: {},
  card: stored.facts,
  other: stored.cvcRef === null ? null : { cvc_ref: stored.cvcRef },
  billing: emptyBilling,
  allowRedisplay: 'unspecified',
});

const methodMissing = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param: string | undefined,
): Promise<ApiError> => {
  const missing = { noun: 'PaymentMethod', id: spelled, inUrl: 'payment_method', param } as const;
  if (scope.livemode && testCardById(spelled) !== undefined) {
    return resourceMissing({ ...missing, existsIn: 'test' });
  }
  const id = parseMethodId(spelled);
  return missingIn(scope, missing, (other) => id && loadMethod(context, other, id));
};
