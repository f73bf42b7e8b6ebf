// Lists of what hangs at a payment may be of one charge, or of all charges of one payment.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { findCharge } from '#payments/charges';
import { findIntent } from './find-intent.ts';

export type OfPayment = { readonly chargeId: Uuid | null; readonly intentId: Uuid | null };

export const readOfPayment = async (
  context: Context,
  scope: Scope,
  asked: { readonly charge?: string | undefined; readonly payment_intent?: string | undefined },
): Promise<OfPayment> => {
  const charge =
    asked.charge === undefined ? null : await findCharge(context, scope, asked.charge, 'charge');
  const intent =
    asked.payment_intent === undefined
      ? null
      : await findIntent(context, scope, asked.payment_intent, 'payment_intent');
  return { chargeId: charge?.id ?? null, intentId: intent?.id ?? null };
};
