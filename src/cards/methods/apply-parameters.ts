// What a method becomes by what was asked; pure.

import type { Static } from 'typebox';
import { type Metadata, mergeMetadata } from '#platform/http';
import type { createMethodParameters } from './method-parameters.ts';
import {
  type BillingDetails,
  emptyAddress,
  emptyBilling,
  type PaymentMethod,
} from './payment-method.ts';

type Asked = Partial<
  Pick<
    Static<typeof createMethodParameters>,
    'allow_redisplay' | 'billing_details' | 'metadata' | 'radar_options'
  >
>;

export const applyCommon = (method: PaymentMethod, asked: Asked): PaymentMethod => {
  const billing = mergeBilling(method.billing, asked.billing_details);
  return {
    ...method,
    allowRedisplay: asked.allow_redisplay ?? method.allowRedisplay,
    billing,
    metadata: mergeMetadata(method.metadata as Metadata, asked.metadata),
    card: method.card === null ? null : { ...method.card, checks: checksFor(method, billing) },
    ...(asked.radar_options?.session === undefined
      ? {}
      : { radarSession: asked.radar_options.session }),
  };
};

/** An address that nobody has compared yet is unchecked; without one there is nothing to compare. */
const checksFor = (method: PaymentMethod, { address }: BillingDetails) => {
  const checks = method.card?.checks ?? { line1: null, postalCode: null, cvc: null };
  const changed = JSON.stringify(address) !== JSON.stringify(method.billing.address);
  const check = (value: string | null, known: typeof checks.cvc) =>
    value === null ? null : changed || known === null ? ('unchecked' as const) : known;
  return {
    ...checks,
    line1: check(address.line1, checks.line1),
    postalCode: check(address.postal_code, checks.postalCode),
  };
};

const mergeBilling = (old: BillingDetails, asked: Asked['billing_details']): BillingDetails => {
  if (asked === undefined) return old;
  const changed = <T>(before: T | null, value: T | null | undefined): T | null =>
    value === undefined ? before : value;
  const base = asked.address === null ? emptyBilling.address : old.address;
  return {
    address: { ...emptyAddress, ...base, ...withoutUndefined(asked.address ?? {}) },
    email: changed(old.email, asked.email),
    name: changed(old.name, asked.name),
    phone: changed(old.phone, asked.phone),
    tax_id: changed(old.tax_id, asked.tax_id),
  };
};

const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
