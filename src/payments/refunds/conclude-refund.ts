// What a refund and its charge become by what was learned of its operation: pure.

import {
  type Charge,
  chargeRefunded,
  countTaken,
  left,
  withRefundedBeyond,
} from '#payments/charges';
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
  /** It is a person's word. */
  { isPersons = false }: { readonly isPersons?: boolean } = {},
): DecidedRefund | null => {
  const status = statusOf(conclusion.state);
  if (status === null) return null;
  const destination = destinationOf(refund, conclusion.told ?? null);
  if (status === 'pending')
    return refund.isTold ? null : tell({ ...refund, ...destination }, charge);
  if (!mayBecome(refund.status, status)) return null;
  if (refund.status === 'failed')
    return paidAfterAll({ ...refund, ...destination }, charge, isPersons);

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
    charge: countTaken(
      wasOpen
        ? {
            ...charge,
            refunding: charge.refunding - refund.amount,
            refunded: charge.refunded + (isPaidBack ? refund.amount : 0n),
          }
        : cameBack(charge, refund.amount),
    ),
    kinds: [
      ...(refund.isTold
        ? [refundUpdated, chargeRefundUpdated]
        : [refundCreated, ...(isPaidBack ? [chargeRefunded] : [])]),
      ...(isPaidBack ? [] : [refundFailed]),
    ],
    moved: isPaidBack ? 'refund' : wasOpen ? null : 'refund_failure',
  };
};

/** What was given back beyond the payment comes back first. */
const cameBack = (charge: Charge, amount: bigint): Charge => {
  const before = BigInt(charge.refundedBeyond ?? 0);
  const beyond = amount < before ? amount : before;
  const refunded = charge.refunded - (amount - beyond);
  return withRefundedBeyond({ ...charge, refunded }, before - beyond);
};

/**
 * Its payer was paid although it had been said that it failed. Where that was given back otherwise meanwhile they were
 * paid twice: null, unless a person says so, who has looked at the provider.
 */
const paidAfterAll = (refund: Refund, before: Charge, isPersons: boolean): DecidedRefund | null => {
  const { amount } = refund;
  const charge = roomFor(before, amount);
  if (charge === null && !isPersons) return null;
  const counted = charge === null ? left(before) : amount;
  const beyond = BigInt(before.refundedBeyond ?? 0) + amount - counted;
  const given = charge ?? before;
  return {
    refund: { ...refund, status: 'succeeded', failureReason: null },
    charge: withRefundedBeyond({ ...given, refunded: given.refunded + counted }, beyond),
    kinds: [refundUpdated, chargeRefundUpdated, ...(counted === 0n ? [] : [chargeRefunded])],
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
