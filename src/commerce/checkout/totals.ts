// What a session comes to. The one place where an amount to be charged is computed.

import { checkAmount } from '#payments/charges';
import { type LineItem, subtotalOf, wide } from './line-item.ts';
import type { CheckoutSession } from './session.ts';
import { type ShippingOption, shippingOf } from './shipping-options.ts';

export type Totals = {
  readonly subtotal: bigint;
  readonly shipping: bigint;
  readonly total: bigint;
};

type Priced = Pick<CheckoutSession, 'lines' | 'shippingOptions' | 'shippingChosen'>;

export const totalsOf = ({ lines, shippingOptions, shippingChosen }: Priced): Totals =>
  totals(lines, shippingOf(shippingOptions, shippingChosen));

const totals = (lines: readonly LineItem[], shipping: ShippingOption | null): Totals => {
  const subtotal = subtotalOf(lines);
  const shippingAmount = wide(shipping?.amount ?? 0n);
  return { subtotal, shipping: shippingAmount, total: subtotal + shippingAmount };
};

/** With its amount, or the refusal of one that cannot be charged. Nothing to pay is nothing wrong. */
export const priced = <S extends Priced & { readonly currency: string | null }>(
  session: S,
): S & { readonly amount: bigint } => {
  const { total } = totalsOf(session);
  if (total > 0n && session.currency !== null) checkAmount(total, session.currency);
  return { ...session, amount: total };
};
