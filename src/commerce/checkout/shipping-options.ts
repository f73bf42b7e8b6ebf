// Ways to ship, of which the payer chooses one.

import type { Uuid } from '#kit/ids';

export type DeliveryBound = {
  readonly unit: 'business_day' | 'day' | 'hour' | 'month' | 'week';
  readonly value: number;
};

export type ShippingOption = {
  readonly id: Uuid;
  readonly name: string;
  readonly amount: bigint;
  readonly taxBehavior: 'exclusive' | 'inclusive' | 'unspecified';
  readonly delivery: {
    readonly minimum: DeliveryBound | null;
    readonly maximum: DeliveryBound | null;
  } | null;
  readonly metadata: Readonly<Record<string, string>>;
};

export const SHIPPING_RATE = 'shr';

export const shippingOf = (
  options: readonly ShippingOption[],
  chosen: Uuid | null,
): ShippingOption | null => options.find(({ id }) => id === chosen) ?? null;
