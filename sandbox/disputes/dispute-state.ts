// What is known of disputes, warnings and late refunds, made of the facts of the journal; and the notices
// in which the acquirer tells of them, numbered without gaps.

import { present } from '#kit/assert';
import type { Approval } from '../issuer/approval.ts';
import type { Later } from '../issuer/test-cards.ts';
import type { Dispute, EvidenceKind } from './dispute.ts';
import type { DisputeFact } from './dispute-fact.ts';
import { AFTERWARDS_MS } from './plan.ts';

export type KnownDispute = Dispute & {
  /** When something happens by itself: a decision, or the end of the time to answer. */
  readonly dueMs: number | undefined;
  readonly evidence: EvidenceKind | undefined;
};

export type PlannedDispute = {
  readonly approvalId: string;
  readonly what: NonNullable<Later['dispute']> | 'warning';
  /** Undefined once it is done; the plan is kept, so that it is not made again. */
  readonly dueMs: number | undefined;
};

export type PlannedRefund = {
  readonly approvalId: string;
  readonly refundKey: string;
  readonly amountMinor: bigint;
  readonly outcome: NonNullable<Later['refund']>;
  readonly dueMs: number;
};

export type NoticeSubject = 'dispute' | 'early_fraud_warning' | 'refund';
export type Notice = {
  readonly number: number;
  readonly atMs: number;
  readonly subject: NoticeSubject;
  readonly what: string;
  readonly approvalId: string;
  readonly movedMinor: bigint;
  readonly dispute?: KnownDispute;
  readonly refundKey?: string;
  readonly warningId?: string;
};

export type DisputeState = {
  readonly disputes: Map<string, KnownDispute>;
  readonly planned: Map<string, PlannedDispute>;
  readonly plannedRefunds: Map<string, PlannedRefund>;
  readonly notices: Notice[];
  /** Merchants who let what can be prevented be prevented. */
  readonly preventing: Set<string>;
};

export const emptyDisputeState = (): DisputeState => ({
  disputes: new Map(),
  planned: new Map(),
  plannedRefunds: new Map(),
  notices: [],
  preventing: new Set(),
});

const planKey = (approvalId: string, what: string): string => `${approvalId}/${what}`;

/** Once for a payment, however many completions it has. */
export const planAfterCompletion = (
  state: DisputeState,
  approval: Approval,
  atMs: number,
): void => {
  const { id: approvalId, later } = approval;
  const dueMs = atMs + AFTERWARDS_MS;
  const plan = (what: PlannedDispute['what']): void => {
    const key = planKey(approvalId, what);
    if (!state.planned.has(key)) state.planned.set(key, { approvalId, what, dueMs });
  };
  if (later?.earlyFraudWarning === true) plan('warning');
  if (later?.dispute !== undefined) plan(later.dispute);
};

export const planAfterRefund = (
  state: DisputeState,
  approval: Approval,
  refund: { readonly refundKey: string; readonly amountMinor: bigint; readonly atMs: number },
): void => {
  const outcome = approval.later?.refund;
  if (outcome === undefined) return;
  const { refundKey, amountMinor, atMs } = refund;
  const dueMs = atMs + AFTERWARDS_MS;
  const planned = { approvalId: approval.id, refundKey, amountMinor, outcome, dueMs };
  state.plannedRefunds.set(refundKey, planned);
  if (outcome !== 'pending') return;
  tell(state, atMs, { subject: 'refund', what: 'pending', approvalId: approval.id, refundKey });
};

export const applyDisputeFact = (state: DisputeState, fact: DisputeFact, atMs: number): void => {
  switch (fact.fact) {
    case 'disputed': {
      const { dispute, approvalId, movedMinor } = fact;
      const known: KnownDispute = {
        ...dispute,
        dueMs: dispute.status.endsWith('needs_response') ? dispute.respondByMs : undefined,
        evidence: undefined,
      };
      state.disputes.set(dispute.id, known);
      const what = dispute.status === 'prevented' ? 'prevented' : 'opened';
      tell(state, atMs, { subject: 'dispute', what, approvalId, movedMinor, dispute: known });
      return;
    }
    case 'dispute_moved': {
      const { disputeId, approvalId, status, stage, dueMs, event: what, movedMinor } = fact;
      const before = present(state.disputes.get(disputeId), 'A dispute that moves is known');
      const dispute: KnownDispute = {
        ...before,
        status,
        stage,
        dueMs,
        respondByMs:
          status === 'needs_response' ? (dueMs ?? before.respondByMs) : before.respondByMs,
        evidence: fact.evidence ?? before.evidence,
      };
      state.disputes.set(disputeId, dispute);
      tell(state, atMs, { subject: 'dispute', what, approvalId, movedMinor, dispute });
      return;
    }
    case 'plan_done': {
      const key = planKey(fact.approvalId, fact.what);
      const planned = present(state.planned.get(key), 'A plan that is done was made');
      state.planned.set(key, { ...planned, dueMs: undefined });
      return;
    }
    case 'fraud_warned':
      tell(state, atMs, {
        subject: 'early_fraud_warning',
        what: 'created',
        approvalId: fact.approvalId,
        warningId: fact.warningId,
      });
      return;
    case 'refund_settled':
    case 'refund_failed': {
      const { approvalId, refundKey } = fact;
      state.plannedRefunds.delete(refundKey);
      const what = fact.fact === 'refund_failed' ? 'failed' : 'settled';
      const movedMinor = fact.fact === 'refund_failed' ? fact.movedMinor : 0n;
      tell(state, atMs, { subject: 'refund', what, approvalId, refundKey, movedMinor });
      return;
    }
    case 'prevention_set':
      if (fact.isOn) state.preventing.add(fact.merchant);
      else state.preventing.delete(fact.merchant);
  }
};

const tell = (
  state: DisputeState,
  atMs: number,
  told: Omit<Notice, 'number' | 'atMs' | 'movedMinor'> & { readonly movedMinor?: bigint },
): void => {
  const number = state.notices.length + 1;
  state.notices.push({ movedMinor: 0n, ...told, number, atMs });
};
