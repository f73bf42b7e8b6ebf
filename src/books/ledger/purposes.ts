// Why an entry was posted, and what the API calls it. A purpose with a type is a balance transaction;
// the others move money where the merchant does not look. Codes are stored and never used again.

import type Stripe from 'stripe';
import type { Wire } from '#kit/wire';

export type BalanceTransactionType = Wire<Stripe.BalanceTransaction.Type>;

export type PurposeFacts = {
  readonly code: number;
  /** What it is to the API. */
  readonly type?: BalanceTransactionType;
  readonly reportingCategory?: string;
  /** Prefixes of the ids of what it is about. Null: it is about nothing the API knows. */
  readonly source?: string | null;
  readonly description?: string;
};

export const purposes = {
  capture: { code: 1, type: 'charge', reportingCategory: 'charge', source: 'ch' },
  payment: { code: 2, type: 'payment', reportingCategory: 'charge', source: 'py' },
  refund: {
    code: 3,
    type: 'refund',
    reportingCategory: 'refund',
    source: 're',
    description: 'REFUND FOR CHARGE',
  },
  payment_refund: {
    code: 4,
    type: 'payment_refund',
    reportingCategory: 'refund',
    source: 'pyr',
    description: 'REFUND FOR PAYMENT',
  },
  refund_failure: {
    code: 5,
    type: 'refund_failure',
    reportingCategory: 'refund_failure',
    source: 're',
    description: 'REFUND FAILURE',
  },
  payment_refund_failure: {
    code: 6,
    type: 'refund_failure',
    reportingCategory: 'refund_failure',
    source: 'pyr',
    description: 'REFUND FAILURE',
  },
  dispute: {
    code: 10,
    type: 'adjustment',
    reportingCategory: 'dispute',
    source: 'du',
    description: 'Chargeback withdrawal',
  },
  dispute_won: {
    code: 11,
    type: 'adjustment',
    reportingCategory: 'dispute_reversal',
    source: 'du',
    description: 'Chargeback reversal',
  },
  dispute_lost: { code: 12 },
  settlement: { code: 20 },
  payout: {
    code: 30,
    type: 'payout',
    reportingCategory: 'payout',
    source: 'po',
    description: 'PAYOUT',
  },
  payout_paid: { code: 31 },
  payout_failure: {
    code: 32,
    type: 'payout_failure',
    reportingCategory: 'payout_reversal',
    source: 'po',
    description: 'PAYOUT FAILURE',
  },
  payout_cancel: {
    code: 33,
    type: 'payout_cancel',
    reportingCategory: 'payout_reversal',
    source: 'po',
    description: 'PAYOUT CANCEL',
  },
  release: { code: 40 },
  correction: { code: 50, type: 'adjustment', reportingCategory: 'other_adjustment', source: null },
  fee: { code: 60, type: 'stripe_fee', reportingCategory: 'fee', source: null },
  reserve_hold: {
    code: 70,
    type: 'reserve_hold',
    reportingCategory: 'risk_reserved_funds',
    source: null,
  },
  reserve_release: {
    code: 71,
    type: 'reserve_release',
    reportingCategory: 'risk_reserved_funds',
    source: null,
  },
  exchange: { code: 80 },
} as const satisfies Record<string, PurposeFacts>;

export type Purpose = keyof typeof purposes;

const byCode = new Map<number, Purpose>(
  Object.entries(purposes).map(([name, { code }]) => [code, name as Purpose]),
);

export const purposeOfCode = (code: number): Purpose | undefined => byCode.get(code);
export const factsOf = (purpose: Purpose): PurposeFacts => purposes[purpose];

/** The codes of what the API lists as balance transactions, all or those of one type. */
export const listedCodes = (type?: string): readonly number[] =>
  Object.values<PurposeFacts>(purposes)
    .filter((facts) => facts.type !== undefined && (type === undefined || facts.type === type))
    .map(({ code }) => code);
