// What a dispute may become, and by what. The table is all there is; everything else asks it.

import type { DisputeStatus } from '#rails/connectors';

/** Stored, and never used again for another. */
export const disputeStatuses = {
  warning_needs_response: 1,
  warning_under_review: 2,
  warning_closed: 3,
  needs_response: 4,
  under_review: 5,
  won: 6,
  lost: 7,
  prevented: 8,
} as const satisfies Record<DisputeStatus, number>;

/** What a provider may tell. The merchant's own steps are a part of it. */
const ways: Readonly<Record<DisputeStatus, readonly DisputeStatus[]>> = {
  warning_needs_response: ['warning_under_review', 'warning_closed', 'needs_response'],
  warning_under_review: ['warning_closed', 'needs_response'],
  // The holder was not content with what closed it.
  warning_closed: ['needs_response'],
  needs_response: ['under_review', 'lost'],
  under_review: ['won', 'lost'],
  // A second chargeback: pre-arbitration.
  won: ['needs_response'],
  // A bank that gives the money back after all, as an arbitration may end.
  lost: ['won'],
  prevented: [],
};

/** What the merchant does to it. */
const steps: Readonly<
  Partial<Record<DisputeStatus, Readonly<Record<DisputeStep, DisputeStatus>>>>
> = {
  warning_needs_response: { submitted: 'warning_under_review', conceded: 'warning_closed' },
  needs_response: { submitted: 'under_review', conceded: 'lost' },
};

export type DisputeStep = 'submitted' | 'conceded';

export const mayBecome = (from: DisputeStatus, to: DisputeStatus): boolean =>
  ways[from].includes(to);

/** Whether one state that nobody told of may lie between: who is told at the end alone has missed it. */
export const mayHaveBecome = (from: DisputeStatus, to: DisputeStatus): boolean =>
  ways[from].some((between) => mayBecome(between, to));

/** Null: not now. */
export const after = (status: DisputeStatus, step: DisputeStep): DisputeStatus | null =>
  steps[status]?.[step] ?? null;

export const isInquiry = (status: DisputeStatus): boolean => status.startsWith('warning_');
export const isOver = (status: DisputeStatus): boolean =>
  status === 'warning_closed' || status === 'won' || status === 'lost' || status === 'prevented';
