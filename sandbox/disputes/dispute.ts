// A dispute of this world: what its stages are, which way leads from one to the next, and whose money
// moves on the way. Pure rules; the table below is all that may happen.

import type { Approval } from '../issuer/approval.ts';

export type Stage = 'inquiry' | 'chargeback' | 'pre_arbitration';

export type DisputeStatus =
  | 'warning_needs_response'
  | 'warning_under_review'
  | 'warning_closed'
  | 'needs_response'
  | 'under_review'
  | 'won'
  | 'lost'
  | 'prevented';

export type DisputeReason = 'fraudulent' | 'product_not_received' | 'general' | 'noncompliant';

export type Dispute = {
  readonly id: string;
  readonly approvalId: string;
  readonly rrn: string;
  readonly terminal: string;
  readonly merchant: string;
  readonly card: string;
  readonly network: string;
  readonly reference: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly reason: DisputeReason;
  /** Of the network's own list. */
  readonly reasonCode: string;
  /** Programmes of the networks under which it may be answered or was prevented. */
  readonly programmes: readonly string[];
  readonly stage: Stage;
  readonly status: DisputeStatus;
  readonly openedAtMs: number;
  readonly respondByMs: number;
};

/** What is kept of evidence: which of the documented words it held, and a digest of the rest. */
export type EvidenceKind = 'winning' | 'losing' | 'escalate' | 'other';

export type DisputeEvent =
  | 'evidence'
  | 'accepted'
  | 'decided_for_merchant'
  | 'decided_for_holder'
  | 'escalated'
  | 'deadline_passed'
  | 'reopened';

type Way = {
  readonly from: DisputeStatus;
  readonly event: DisputeEvent;
  readonly to: DisputeStatus;
  readonly stage?: Stage;
  /** From the merchant's side. */
  readonly money?: 'taken' | 'given_back';
};

export const ways: readonly Way[] = [
  { from: 'warning_needs_response', event: 'evidence', to: 'warning_under_review' },
  { from: 'warning_needs_response', event: 'accepted', to: 'warning_closed' },
  { from: 'warning_needs_response', event: 'deadline_passed', to: 'warning_closed' },
  { from: 'warning_under_review', event: 'decided_for_merchant', to: 'warning_closed' },
  ...(['warning_needs_response', 'warning_under_review'] as const).map((from): Way => {
    return { from, event: 'escalated', to: 'needs_response', stage: 'chargeback', money: 'taken' };
  }),
  { from: 'needs_response', event: 'evidence', to: 'under_review' },
  { from: 'needs_response', event: 'accepted', to: 'lost' },
  { from: 'needs_response', event: 'deadline_passed', to: 'lost' },
  { from: 'under_review', event: 'decided_for_merchant', to: 'won', money: 'given_back' },
  { from: 'under_review', event: 'decided_for_holder', to: 'lost' },
  {
    from: 'won',
    event: 'reopened',
    to: 'needs_response',
    stage: 'pre_arbitration',
    money: 'taken',
  },
];

export type Moved = {
  readonly status: DisputeStatus;
  readonly stage: Stage;
  readonly movedMinor: bigint;
};

/** Undefined where nothing of the kind may happen now. */
export const next = (dispute: Dispute, event: DisputeEvent): Moved | undefined => {
  const way = ways.find(({ from, event: on }) => from === dispute.status && on === event);
  if (way === undefined) return undefined;
  const { amountMinor } = dispute;
  const moved = { taken: -amountMinor, given_back: amountMinor };
  return {
    status: way.to,
    stage: way.stage ?? dispute.stage,
    movedMinor: way.money === undefined ? 0n : moved[way.money],
  };
};

export const isOpen = ({ status }: Dispute): boolean => ways.some(({ from }) => from === status);

const DAY_MS = 86_400_000;
const daysToAnswer: Readonly<Record<string, number>> = { visa: 30, mastercard: 45, amex: 20 };
const USUAL_DAYS = 30;
export const respondByOf = (network: string, nowMs: number): number =>
  nowMs + (daysToAnswer[network] ?? USUAL_DAYS) * DAY_MS;

/** Evidence with one of the documented words is decided after a day, any other after a week. */
export const decidedAfterMs = (kind: EvidenceKind): number =>
  kind === 'other' ? 7 * DAY_MS : DAY_MS;

export const kindOfEvidence = (text: string): EvidenceKind => {
  if (text.includes('winning_evidence')) return 'winning';
  if (text.includes('losing_evidence')) return 'losing';
  return text.includes('escalate_inquiry_evidence') ? 'escalate' : 'other';
};

/** An inquiry can only be closed or become a chargeback. */
export const decisionOn = (dispute: Dispute, kind: EvidenceKind): DisputeEvent => {
  if (dispute.stage !== 'inquiry') {
    return kind === 'winning' ? 'decided_for_merchant' : 'decided_for_holder';
  }
  return kind === 'escalate' ? 'escalated' : 'decided_for_merchant';
};

const codes: Readonly<Record<DisputeReason, Readonly<Record<string, string>>>> = {
  fraudulent: { visa: '10.4', mastercard: '4837', amex: 'F29', discover: 'UA02' },
  product_not_received: { visa: '13.1', mastercard: '4853', amex: 'C08', discover: 'RG' },
  general: { visa: '12.5', mastercard: '4834', amex: 'P05', discover: 'AA' },
  noncompliant: { visa: '98', mastercard: '9820' },
};

export const disputeReasons = Object.keys(codes) as readonly DisputeReason[];
export const reasonCodeOf = (reason: DisputeReason, network: string): string =>
  codes[reason][network] ?? 'OTHER';

/** What can still be taken from the merchant: refunds and other chargebacks have gone already. */
export const disputableOf = (approval: Approval): bigint =>
  approval.capturedMinor - approval.refundedMinor - approval.chargedBackMinor;
