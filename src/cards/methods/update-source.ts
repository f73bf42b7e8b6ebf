// Changing a card in the older spelling: the same fields, flat.

import type { Context, Scope } from '#kit/context';
import type { Cause } from '#platform/events';
import { type MetadataChange, mergeMetadata } from '#platform/http';
import { type Changed, updateDetails } from './change-method.ts';
import { checkExpiry, fullYear } from './check-card.ts';
import type { LegacyCard, PaymentMethod } from './payment-method.ts';

type Asked = {
  readonly address_city?: string | null;
  readonly address_country?: string | null;
  readonly address_line1?: string | null;
  readonly address_line2?: string | null;
  readonly address_state?: string | null;
  readonly address_zip?: string | null;
  readonly exp_month?: number;
  readonly exp_year?: number;
  readonly metadata?: MetadataChange;
  readonly name?: string | null;
};

export const updateSourceMethod = (
  context: Context,
  input: {
    readonly scope: Scope;
    readonly method: PaymentMethod;
    readonly asked: Asked;
    readonly request: Cause;
  },
): Promise<Changed> => {
  const { scope, method: before, asked, request } = input;
  const after = apply(before, asked, context.clock.now());
  return updateDetails(context, { scope, before, after, cause: request });
};

const apply = (method: PaymentMethod, asked: Asked, nowMs: number): PaymentMethod => {
  const { card, legacy } = method;
  if (card === null || legacy === null) return method;

  const expiry = {
    expMonth: asked.exp_month ?? card.expMonth,
    expYear: fullYear(asked.exp_year ?? card.expYear),
  };
  if (asked.exp_month !== undefined || asked.exp_year !== undefined) {
    const fault = checkExpiry(expiry, nowMs);
    if (fault !== null) throw fault;
  }
  const changed = <T>(old: T | null, value: T | null | undefined): T | null =>
    value === undefined ? old : value;
  const next: LegacyCard = {
    ...legacy,
    name: changed(legacy.name, asked.name),
    addressCity: changed(legacy.addressCity, asked.address_city),
    addressCountry: changed(legacy.addressCountry, asked.address_country),
    addressLine1: changed(legacy.addressLine1, asked.address_line1),
    addressLine2: changed(legacy.addressLine2, asked.address_line2),
    addressState: changed(legacy.addressState, asked.address_state),
    addressZip: changed(legacy.addressZip, asked.address_zip),
  };
  return {
    ...method,
    card: { ...card, ...expiry },
    legacy: next,
    metadata: mergeMetadata(method.metadata, asked.metadata),
    billing: {
      ...method.billing,
      name: next.name,
      address: {
        city: next.addressCity,
        country: next.addressCountry,
        line1: next.addressLine1,
        line2: next.addressLine2,
        postal_code: next.addressZip,
        state: next.addressState,
      },
    },
  };
};
