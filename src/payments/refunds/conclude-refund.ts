// What a refund and its charge become by what was learned of its operation: pure.

import { type Charge, chargeRefunded, countTaken, left } from '#payments/charges';
import type { EventKind } from '#platform/events';
import type { Conclusion, Told } from '#rails/operations';
import { chargeRefundUpdated, refundCreated, refundFailed, refundUpdated } from './events.ts';
import { mayBecome, type Refund, type RefundStatus } from './refund.ts';

export type DecidedRefund = {
  readonly refund: Refund;
  readonly charge: Charge;
  readonly kinds: readonly EventKind[];
  /** Money that left now, or came back. */
  readonly moved: 'refund' | 'refund_failure' | null;
};

/** Null: nothing follows from it. */
export const concludeRefund = (
  refund: Refund,
  charge: Charge,
  conclusion: Pick<Conclusion, 'state' | 'code'> & Partial<Pick<Conclusion, 'told'>>,
): DecidedRefund | null => {
  const status = statusOf(conclusion.state);
  if (status === null) return null;
  const destination = destinationOf(refund, conclusion.told ?? null);
  if (status === 'pending')
    return refund.isTold ? null : tell({ ...refund, ...destination }, charge);
  if (!mayBecome(refund.status, status)) return null;
  if (refund.status === 'failed') return paidAfterAll({ ...refund, ...destination }, charge);

  // The money of one that failed is the merchant's again, and may be refunded anew, unless a dispute took it.
  const wasOpen = refund.status !== 'succeeded';
  const isPaidBack = status === 'succeeded';
  return {
    refund: {
      ...refund,
      ...destination,
      status,
      isTold: true,
      failureReason: isPaidBack ? null : failureReasonOf(conclusion),
    },
    charge: countTaken({
      ...charge,
      refunding: wasOpen ? charge.refunding - refund.amount : charge.refunding,
      refunded: charge.refunded + (isPaidBack ? refund.amount : wasOpen ? 0n : -refund.amount),
    }),
    kinds: [
      ...(refund.isTold
        ? [refundUpdated, chargeRefundUpdated]
        : [refundCreated, ...(isPaidBack ? [chargeRefunded] : [])]),
      ...(isPaidBack ? [] : [refundFailed]),
    ],
    moved: isPaidBack ? 'refund' : wasOpen ? null : 'refund_failure',
  };
};

/**
 * Its payer was paid although it had been said that it failed. Null where that was given back otherwise meanwhile: then
 * they were paid twice, of which no charge can tell, and a person looks at the operation.
 */
const paidAfterAll = (refund: Refund, before: Charge): DecidedRefund | null => {
  const charge = roomFor(before, refund.amount);
  if (charge === null) return null;
  return {
    refund: { ...refund, status: 'succeeded', failureReason: null },
    charge: { ...charge, refunded: charge.refunded + refund.amount },
    kinds: [refundUpdated, chargeRefundUpdated, chargeRefunded],
    moved: 'refund',
  };
};

/** What a dispute took is taken beyond the payment, as far as that had been given back. */
const roomFor = (charge: Charge, amount: bigint): Charge | null => {
  const short = amount - left(charge);
  if (short <= 0n) return charge;
  if (short > charge.chargedBack) return null;
  return {
    ...charge,
    chargedBack: charge.chargedBack - short,
    chargedBackBeyond: charge.chargedBackBeyond + short,
  };
};

export type DecidedRelease = Pick<DecidedRefund, 'refund' | 'kinds'>;

/** Of one that lets go of what was only held: its payment tells of the charge. Null: nothing follows from it. */
export const concludeRelease = (
  refund: Refund,
  { state, code }: Pick<Conclusion, 'state' | 'code'>,
): DecidedRelease | null => {
  // A hold that the provider has taken back itself is gone all the same.
  const status = state === 'reversed' ? 'succeeded' : statusOf(state);
  if (status === null) return null;
  if (status === 'pending') {
    return refund.isTold ? null : { refund: { ...refund, isTold: true }, kinds: [refundCreated] };
  }
  if (!mayBecome(refund.status, status)) return null;
  const isFailed = status === 'failed';
  return {
    refund: {
      ...refund,
      status,
      isTold: true,
      failureReason: isFailed ? failureReasonOf({ state, code }) : null,
    },
    kinds: [
      ...(refund.isTold ? [refundUpdated, chargeRefundUpdated] : [refundCreated]),
      ...(isFailed ? [refundFailed] : []),
    ],
  };
};

const tell = (refund: Refund, charge: Charge): DecidedRefund => ({
  refund: { ...refund, isTold: true },
  charge,
  kinds: [refundCreated, chargeRefunded],
  moved: null,
});

/** What was told once holds, whoever concludes it later. */
const destinationOf = ({ destination }: Refund, told: Told | null): Pick<Refund, 'destination'> =>
  destination === undefined
    ? {}
    : {
        destination: {
          ...destination,
          trace: told?.trace ?? destination.trace,
          isReversal: told?.isReversal ?? destination.isReversal,
        },
      };

const statusOf = (state: Conclusion['state']): RefundStatus | null => {
  switch (state) {
    case 'approved':
      return 'succeeded';
    case 'declined':
    case 'not_sent':
    case 'reversed':
      return 'failed';
    case 'action_required':
    case 'pending':
    case 'unknown':
    case 'human':
      return 'pending';
    default:
      return null;
  }
};

const known: ReadonlySet<string> = new Set([
  'charge_for_pending_refund_disputed',
  'declined',
  'expired_or_canceled_card',
  'insufficient_funds',
  'lost_or_stolen_card',
  'merchant_request',
  'unknown',
]);

/** Nobody declined what never arrived, or was taken back because nobody knew of it. */
const failureReasonOf = ({ state, code }: Pick<Conclusion, 'state' | 'code'>): string => {
  if (code === 'expired_card') return 'expired_or_canceled_card';
  if (code === 'lost_card' || code === 'stolen_card') return 'lost_or_stolen_card';
  if (code !== null && known.has(code)) return code;
  return state === 'declined' ? 'declined' : 'unknown';
};
