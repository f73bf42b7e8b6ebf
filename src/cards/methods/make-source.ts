// A card of a customer in the older way: made from a token or from its number, shown as `card_…` and among payment
// methods.

import type { Static } from 'typebox';
import type { Context, Scope, Write } from '#kit/context';
import { type MetadataChange, mergeMetadata } from '#platform/http';
import { cardMethod } from './find-method.ts';
import { type LegacyInput, legacyOf } from './legacy-card.ts';
import type { sourceParameter } from './method-parameters.ts';
import type { LegacyCard, PaymentMethod } from './payment-method.ts';
import { emptyAddress } from './payment-method.ts';
import { cardOfTestId, dropCard, storeCard } from './receive-card.ts';
import { takeToken } from './take-token.ts';

export type AskedSource = Static<typeof sourceParameter>;

export type MadeSource = {
  readonly method: PaymentMethod;
  /** What must be written beside the method, before it. */
  readonly writes: readonly Write[];
  readonly undo: () => Promise<void>;
};

/** Not attached and not stored yet: the caller attaches it, which stores it. */
export const makeSource = async (
  context: Context,
  scope: Scope,
  source: AskedSource,
  param: string,
): Promise<MadeSource> => {
  if (typeof source !== 'string') return sourceOfCard(context, scope, source, param);
  const ready = cardOfTestId(context, scope, source);
  if (ready !== null) return sourceOfCard(context, scope, ready, param);

  const { stored, legacy, shownId, writes } = await takeToken(context, scope, source, param);
  // The card keeps the id under which its token showed it.
  return {
    method: { ...cardMethod(context, stored), id: shownId, legacy, billing: billingOf(legacy) },
    writes,
    undo: async () => {},
  };
};

const sourceOfCard = async (
  context: Context,
  scope: Scope,
  card: LegacyInput & { readonly metadata?: MetadataChange },
  param: string,
): Promise<MadeSource> => {
  const stored = await storeCard(context, scope, card, param);
  const legacy = legacyOf(card);
  const metadata = mergeMetadata({}, card.metadata);
  return {
    method: { ...cardMethod(context, stored), legacy, billing: billingOf(legacy), metadata },
    writes: [],
    undo: () => dropCard(context, scope, stored),
  };
};

const billingOf = (legacy: LegacyCard) => ({
  address: {
    ...emptyAddress,
    city: legacy.addressCity,
    country: legacy.addressCountry,
    line1: legacy.addressLine1,
    line2: legacy.addressLine2,
    postal_code: legacy.addressZip,
    state: legacy.addressState,
  },
  email: null,
  name: legacy.name,
  phone: null,
  tax_id: null,
});
