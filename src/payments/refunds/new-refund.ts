import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';
import type { Charge } from '#payments/charges';
import type { Refund } from './refund.ts';

export type NewRefund = Pick<
  Refund,
  'amount' | 'reason' | 'metadata' | 'instructionsEmail' | 'isAutomatic'
>;

/** Refunds are counted per payment, and two of its charges may have some. */
const PER_CHARGE = 10_000;

export const newRefund = (context: Context, charge: Charge, asked: NewRefund): Refund => ({
  id: newUuid(context),
  version: 1,
  events: 0,
  chargeId: charge.id,
  intentId: charge.intentId,
  ordinal: charge.attempt * PER_CHARGE + charge.refunds + 1,
  status: 'pending',
  currency: charge.currency,
  failureReason: null,
  methodId: charge.method.id,
  customerId: charge.customerId,
  isDirect: charge.isDirect,
  isTold: false,
  balanceTransactionId: null,
  failureBalanceTransactionId: null,
  destination: { type: charge.method.type, trace: null, isReversal: false },
  ...asked,
});
