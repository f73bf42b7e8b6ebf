// A dispute: the holder of a card contests a payment. This is what is stored; `render-dispute.ts` says how
// it is shown.

import type { FeeDetail } from '#books/ledger';
import type { Uuid } from '#kit/ids';
import type { DisputeReason, DisputeStatus } from '#rails/connectors';
import type { Evidence } from './evidence.ts';

/** What moved because of it: enough to tell the balance transaction, which stands in the books. */
export type Booking = {
  readonly purpose: 'dispute' | 'dispute_won';
  /** A dispute may be opened again: each time is a part. */
  readonly part: number;
  readonly amount: number;
  readonly fee: number;
  readonly fees: readonly FeeDetail[];
  readonly feeRules: number;
  readonly atMs: number;
  /** Won after it had been lost: the amount waits nowhere any more. */
  readonly wasLost?: true;
};

export type Dispute = {
  readonly id: Uuid;
  readonly version: number;
  readonly events: number;
  readonly chargeId: Uuid;
  readonly intentId: Uuid;
  readonly connectorAccountId: Uuid;
  /** The provider's own name of it. */
  readonly providerId: string;
  readonly status: DisputeStatus;
  readonly currency: string;
  readonly amount: bigint;
  /** With the bank, undecided. */
  readonly withdrawn: bigint;
  /** Of the charge's money: undecided or lost. */
  readonly counted: bigint;
  /** What the provider said and does not fit: a person looks at it. */
  readonly needsReview: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  /** How often money was withdrawn. */
  readonly rounds: number;
  /** Of the older API, whose charges have no intent that anybody sees. */
  readonly isDirect: boolean;
  readonly reason: DisputeReason;
  readonly networkReasonCode: string | null;
  readonly caseType: 'inquiry' | 'chargeback' | 'compliance' | 'resolution';
  readonly brand: string | null;
  readonly respondByMs: number | null;
  readonly eligibleFor: readonly string[];
  readonly evidence: Evidence;
  readonly submissions: number;
  /** The last of them came when the time to answer was over. Absent where events were told before this was kept. */
  readonly isLate?: boolean;
  readonly intendedSubmissionMethod:
    | 'manual'
    | 'prefer_manual'
    | 'prefer_smart_disputes'
    | 'smart_disputes'
    | null;
  /** What the merchant decided and the provider has not acknowledged yet. */
  readonly owedAnswer: 'evidence' | 'concession' | null;
  /** What it did not take, when it was told last. */
  readonly refusedAnswer?: 'evidence' | 'concession';
  readonly bookings: readonly Booking[];
  /** What a person said has moved, from the merchant's side, and the provider has not told yet. */
  readonly ahead?: number;
  /** Nothing of its charge may be given back any more: asked when it is shown, and never stored. */
  readonly isChargeSpent?: true;
  /** Its last event said so: what it says next names what is different now. */
  readonly toldSpent?: true;
};

/** In JSON an amount is a number: no currency's largest amount comes near what a number holds. */
export const plainDispute = (dispute: Dispute): Record<string, unknown> => ({
  ...dispute,
  amount: Number(dispute.amount),
  withdrawn: Number(dispute.withdrawn),
  counted: Number(dispute.counted),
});
