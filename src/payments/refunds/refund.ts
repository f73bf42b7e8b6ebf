// A refund: money of a charge on its way back. This is what is stored; `render-refund.ts` says how it is
// shown.

import type { Uuid } from '#kit/ids';
import type { Told } from '#rails/operations';

export const refundStatuses = {
  pending: 1,
  requires_action: 2,
  succeeded: 3,
  failed: 4,
  canceled: 5,
} as const;
export type RefundStatus = keyof typeof refundStatuses;

export type RefundReason = 'duplicate' | 'fraudulent' | 'requested_by_customer';

export type Refund = {
  readonly id: Uuid;
  readonly version: number;
  /** How many events it has had, those of its charge that it caused among them. */
  readonly events: number;
  readonly chargeId: Uuid;
  readonly intentId: Uuid;
  readonly ordinal: number;
  readonly status: RefundStatus;
  readonly currency: string;
  readonly amount: bigint;
  readonly metadata: Readonly<Record<string, string>>;
  readonly reason: RefundReason | null;
  readonly failureReason: string | null;
  readonly instructionsEmail: string | null;
  /** As it is spelled: with what the charge was paid. */
  readonly methodId: string;
  readonly customerId: Uuid | null;
  /** Of a charge of the older API, which has no intent that anybody sees. */
  readonly isDirect: boolean;
  /** Nobody asked: the money of a payment that nobody wanted any more goes back. */
  readonly isAutomatic: boolean;
  /** Of what was only held, and is let go of by that void of its payment: no money moves. */
  readonly byVoid?: number;
  /** Nobody asked for it: the bank took back the sale or the capture of that operation, which had stood in the books. */
  readonly takenBack?: Uuid;
  /** The how-manieth of that operation, from 0: what a refund or a dispute had of it is taken back when it is free. */
  readonly takenBackPart?: number;
  /** Whether the world knows of it. */
  readonly isTold: boolean;
  readonly balanceTransactionId: Uuid | null;
  readonly failureBalanceTransactionId: Uuid | null;
  /** What it goes back to; older ones do not say. */
  readonly destination?: {
    readonly type: string;
    readonly trace: Told['trace'] | null;
    readonly isReversal: boolean;
  };
};

/**
 * A refund ends once; but what was said to have succeeded may still turn out to have failed, and money that left after
 * all, although everybody had said that it did not, has left.
 */
const transitions: Readonly<Record<RefundStatus, readonly RefundStatus[]>> = {
  pending: ['succeeded', 'failed', 'requires_action', 'canceled'],
  requires_action: ['succeeded', 'failed', 'canceled', 'pending'],
  succeeded: ['failed'],
  failed: ['succeeded'],
  canceled: [],
};

export const mayBecome = (from: RefundStatus, to: RefundStatus): boolean =>
  transitions[from].includes(to);

export const plainRefund = (refund: Refund): Record<string, unknown> => ({
  ...refund,
  amount: Number(refund.amount),
});
