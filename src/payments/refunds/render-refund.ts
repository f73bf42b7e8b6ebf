// How a refund is shown: Stripe's shape, checked by the compiler against Stripe's own types.

import type Stripe from 'stripe';
import { CUSTOMER } from '#cards/methods';
import { spellId, type Uuid, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { CHARGE, INTENT } from '#payments/charges';
import type { Refund } from './refund.ts';

export const REFUND = 're';
const BALANCE_TRANSACTION = 'txn';

type Shown = Wire<Stripe.Refund>;

/** The amount of a snapshot is a number, that of a row a bigint: both are shown as numbers. */
export const renderRefund = (refund: Refund) =>
  ({
    id: spellId(REFUND, refund.id),
    object: 'refund',
    amount: Number(refund.amount),
    balance_transaction: booking(refund.balanceTransactionId),
    charge: spellId(CHARGE, refund.chargeId),
    created: Math.floor(uuidMs(refund.id) / 1000),
    currency: refund.currency,
    customer: refund.customerId === null ? null : spellId(CUSTOMER, refund.customerId),
    customer_account: null,
    ...destinationOf(refund),
    ...(refund.failureBalanceTransactionId === null
      ? {}
      : {
          failure_balance_transaction: spellId(
            BALANCE_TRANSACTION,
            refund.failureBalanceTransactionId,
          ),
        }),
    ...(refund.failureReason === null ? {} : { failure_reason: refund.failureReason }),
    ...(refund.instructionsEmail === null ? {} : { instructions_email: refund.instructionsEmail }),
    metadata: refund.metadata,
    payment_intent: refund.isDirect ? null : spellId(INTENT, refund.intentId),
    payment_method: refund.methodId,
    ...(refund.status === 'pending' ? { pending_reason: 'processing' as const } : {}),
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  }) satisfies Shown;

/** Nothing is said of a way to pay for which Stripe has no words. */
const destinationOf = ({ destination, status }: Refund): Pick<Shown, 'destination_details'> => {
  switch (destination?.type) {
    case 'card': {
      const { trace, isReversal } = destination;
      const settled = isReversal ? 'reversal' : 'refund';
      const card = {
        type: status === 'pending' ? 'pending' : settled,
        ...(trace
          ? {
              reference: trace.reference,
              reference_status: 'available',
              reference_type: trace.kind,
            }
          : {}),
      } as const;
      return { destination_details: { card, type: 'card' } };
    }
    case 'eps':
      return { destination_details: { eps: {}, type: 'eps' } };
    case 'p24':
      return {
        destination_details: { p24: { reference: null, reference_status: null }, type: 'p24' },
      };
    default:
      return {};
  }
};

const booking = (id: Uuid | null): string | null =>
  id === null ? null : spellId(BALANCE_TRANSACTION, id);
