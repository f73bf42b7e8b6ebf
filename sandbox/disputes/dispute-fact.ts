// What happens to a payment after it was completed, by the holder, the issuer or the network.

import type { Dispute, DisputeEvent, DisputeStatus, EvidenceKind, Stage } from './dispute.ts';

export type DisputeFact =
  | {
      readonly fact: 'disputed';
      readonly approvalId: string;
      readonly dispute: Dispute;
      /** From the merchant's side: below zero it was taken. */
      readonly movedMinor: bigint;
    }
  | {
      readonly fact: 'dispute_moved';
      readonly approvalId: string;
      readonly disputeId: string;
      readonly event: DisputeEvent;
      readonly status: DisputeStatus;
      readonly stage: Stage;
      readonly movedMinor: bigint;
      readonly evidence?: EvidenceKind;
      readonly evidenceDigest?: string;
      /** When it is decided by itself, or has to be answered by. */
      readonly dueMs?: number;
    }
  /** Nothing more follows from the card of this payment. */
  | { readonly fact: 'plan_done'; readonly approvalId: string; readonly what: string }
  | {
      readonly fact: 'fraud_warned';
      readonly approvalId: string;
      readonly warningId: string;
      readonly amountMinor: bigint;
    }
  | { readonly fact: 'refund_settled'; readonly approvalId: string; readonly refundKey: string }
  | {
      readonly fact: 'refund_failed';
      readonly approvalId: string;
      readonly refundKey: string;
      /** From the holder's side: what the refund had brought goes back to the merchant. */
      readonly movedMinor: bigint;
    }
  | {
      readonly fact: 'prevention_set';
      readonly merchant: string;
      /** Whether disputes that can be prevented are. */
      readonly isOn: boolean;
    };
