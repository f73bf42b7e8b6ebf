// A card of a customer in the older way: made from a token, shown as `card_…` and among payment methods.

import type { Context, Scope, Write } from '#kit/context';
import { cardMethod } from './find-method.ts';
import type { PaymentMethod } from './payment-method.ts';
import { emptyAddress } from './payment-method.ts';
import { cardOfTestId, dropCard, storeCard } from './receive-card.ts';
import { takeToken } from './take-token.ts';

const noLegacy = {
  name: null,
  addressCity: null,
  addressCountry: null,
  addressLine1: null,
  addressLine2: null,
  addressState: null,
  addressZip: null,
  currency: null,
};

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
  token: string,
  param: string,
): Promise<MadeSource> => {
  const ready = cardOfTestId(context, scope, token);
  if (ready !== null) {
    const stored = await storeCard(context, scope, ready, param);
    return {
      method: { ...cardMethod(context, stored), legacy: noLegacy },
      writes: [],
      undo: () => dropCard(context, scope, stored),
    };
  }
  const { stored, legacy, shownId, writes } = await takeToken(context, scope, token, param);
  const billing = {
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
  };
  // The card keeps the id under which its token showed it.
  return {
    method: { ...cardMethod(context, stored), id: shownId, legacy, billing },
    writes,
    undo: async () => {},
  };
};
