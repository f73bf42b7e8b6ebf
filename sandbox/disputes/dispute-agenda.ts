// What holders, issuers and networks do by themselves when its time has come, as facts.

import { assert } from '#kit/assert';
import { fingerprintOf } from '../context.ts';
import type { Approval } from '../issuer/approval.ts';
import {
  type Dispute,
  type DisputeEvent,
  type DisputeReason,
  decidedAfterMs,
  decisionOn,
  disputableOf,
  type EvidenceKind,
  next,
  reasonCodeOf,
  respondByOf,
  type Stage,
} from './dispute.ts';
import type { DisputeFact } from './dispute-fact.ts';
import type { DisputeState, KnownDispute, PlannedDispute } from './dispute-state.ts';
import { plans } from './plan.ts';

export type Due = { readonly atMs: number; readonly facts: () => readonly DisputeFact[] };

export type DisputeWorld = {
  readonly seed: string;
  readonly disputes: DisputeState;
  readonly approvals: ReadonlyMap<string, Approval>;
};

export const dueOfDisputes = (world: DisputeWorld): readonly Due[] => [
  ...[...world.disputes.planned.values()].flatMap((planned): Due[] => {
    const { dueMs: atMs } = planned;
    return atMs === undefined ? [] : [{ atMs, facts: () => carryOut(world, planned, atMs) }];
  }),
  ...[...world.disputes.plannedRefunds.values()].map(
    ({ approvalId, refundKey, amountMinor, outcome, dueMs }): Due => ({
      atMs: dueMs,
      facts: () =>
        outcome === 'fails'
          ? [{ fact: 'refund_failed', approvalId, refundKey, movedMinor: amountMinor }]
          : [{ fact: 'refund_settled', approvalId, refundKey }],
    }),
  ),
  ...[...world.disputes.disputes.values()].flatMap((dispute): Due[] => {
    const { dueMs: atMs } = dispute;
    return atMs === undefined ? [] : [{ atMs, facts: () => [decideNow(world, dispute, atMs)] }];
  }),
];

const decideNow = (world: DisputeWorld, dispute: KnownDispute, atMs: number): DisputeFact => {
  const isUnanswered = dispute.status.endsWith('needs_response');
  if (dispute.evidence === undefined || isUnanswered) {
    return happen(dispute, 'deadline_passed', atMs);
  }
  const event = decisionOn(dispute, dispute.evidence);
  const isPossible = event !== 'escalated' || canBeTaken(world, dispute);
  return happen(dispute, isPossible ? event : 'decided_for_merchant', atMs);
};

/** What was refunded meanwhile cannot be charged back as well. */
export const canBeTaken = ({ approvals }: DisputeWorld, dispute: Dispute): boolean => {
  const approval = approvals.get(dispute.approvalId);
  return approval !== undefined && disputableOf(approval) >= dispute.amountMinor;
};

const carryOut = (
  world: DisputeWorld,
  { approvalId, what }: PlannedDispute,
  atMs: number,
): readonly DisputeFact[] => {
  const done: DisputeFact = { fact: 'plan_done', approvalId, what };
  const approval = world.approvals.get(approvalId);
  // A payment that was taken back in the meantime leaves the holder nothing to complain about.
  if (approval === undefined || disputableOf(approval) <= 0n) return [done];
  if (what !== 'warning') return [...disputesOf(world, approval, what, atMs), done];
  const warningId = `fw_${fingerprintOf(world.seed, 'warning', approvalId)}`;
  const amountMinor = disputableOf(approval);
  return [{ fact: 'fraud_warned', approvalId, warningId, amountMinor }, done];
};

/** A world that was killed in between opens those parts that are missing. */
const disputesOf = (
  world: DisputeWorld,
  approval: Approval,
  what: Exclude<PlannedDispute['what'], 'warning'>,
  atMs: number,
): readonly DisputeFact[] => {
  const { parts, prevention, ...plan } = plans[what];
  const isPrevented = prevention !== undefined && world.disputes.preventing.has(approval.merchant);
  const missing = Array.from({ length: parts }, (_, part) =>
    disputeId(world.seed, approval.id, what, String(part)),
  ).filter((id) => !world.disputes.disputes.has(id));
  let leftMinor = disputableOf(approval);
  return missing.map((id, at) => {
    const amountMinor = leftMinor / BigInt(missing.length - at);
    leftMinor -= amountMinor;
    const opened = openDispute(approval, { ...plan, id, amountMinor }, atMs);
    if (!isPrevented) return opened;
    // Under prevention the holder is refunded without a chargeback, or the complaint is turned away.
    return {
      ...opened,
      dispute: { ...opened.dispute, status: 'prevented' },
      movedMinor: prevention === 'blocks' ? 0n : -amountMinor,
    } satisfies DisputeFact;
  });
};

export const disputeId = (seed: string, ...words: readonly string[]): string =>
  `cb_${fingerprintOf(seed, 'dispute', ...words)}`;

export type Opening = {
  readonly id: string;
  readonly reason: DisputeReason;
  readonly stage: Stage;
  readonly programmes: readonly string[];
  readonly amountMinor: bigint;
};

export const openDispute = (
  approval: Approval,
  { id, reason, stage, programmes, amountMinor }: Opening,
  nowMs: number,
): Extract<DisputeFact, { fact: 'disputed' }> => {
  const { id: approvalId, network } = approval;
  const dispute: Dispute = {
    id,
    approvalId,
    rrn: approval.rrn,
    terminal: approval.terminal,
    merchant: approval.merchant,
    card: approval.card,
    network,
    reference: approval.paymentReference ?? '',
    currency: approval.currency,
    amountMinor,
    reason,
    reasonCode: reasonCodeOf(reason, network),
    programmes,
    stage,
    status: stage === 'inquiry' ? 'warning_needs_response' : 'needs_response',
    openedAtMs: nowMs,
    respondByMs: respondByOf(network, nowMs),
  };
  const movedMinor = stage === 'inquiry' ? 0n : -amountMinor;
  return { fact: 'disputed', approvalId, dispute, movedMinor };
};

type MovedFact = Extract<DisputeFact, { fact: 'dispute_moved' }>;

/** The event has to be possible; `next` says whether it is. */
export const happen = (
  dispute: Dispute,
  event: DisputeEvent,
  atMs: number,
  given?: { readonly kind: EvidenceKind; readonly digest: string },
): MovedFact => {
  const moved = next(dispute, event);
  assert(moved !== undefined, 'Of a dispute happens only what its table allows');
  const { id: disputeId, approvalId, network } = dispute;
  const dueMs = moved.status.endsWith('needs_response')
    ? respondByOf(network, atMs)
    : given && atMs + decidedAfterMs(given.kind);
  return {
    fact: 'dispute_moved',
    approvalId,
    disputeId,
    event,
    ...moved,
    ...(given === undefined ? {} : { evidence: given.kind, evidenceDigest: given.digest }),
    ...(dueMs === undefined ? {} : { dueMs }),
  };
};
