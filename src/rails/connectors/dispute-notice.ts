// What a provider tells of disputes after a payment, and how it is asked: in words of the trade, whatever
// the provider calls them.

import type { AccountCall, ConnectorAccount, Said } from './connector.ts';

export type DisputeStatus =
  | 'warning_needs_response'
  | 'warning_under_review'
  | 'warning_closed'
  | 'needs_response'
  | 'under_review'
  | 'won'
  | 'lost'
  | 'prevented';

/** How a dispute may begin for those who hear of it. */
export const isOpening = (status: DisputeStatus): boolean =>
  status === 'needs_response' || status === 'warning_needs_response' || status === 'prevented';

export type DisputeReason =
  | 'bank_cannot_process'
  | 'check_returned'
  | 'credit_not_processed'
  | 'customer_initiated'
  | 'debit_not_authorized'
  | 'duplicate'
  | 'fraudulent'
  | 'general'
  | 'incorrect_account_details'
  | 'insufficient_funds'
  | 'noncompliant'
  | 'product_not_received'
  | 'product_unacceptable'
  | 'subscription_canceled'
  | 'unrecognized';

/** One dispute as it was when the notice was written. */
export type DisputeTold = {
  /** The provider's own name of it. */
  readonly providerId: string;
  /** Our reference of the payment. */
  readonly reference: string;
  readonly status: DisputeStatus;
  readonly reason: DisputeReason;
  readonly networkReasonCode: string | null;
  readonly currency: string;
  readonly amount: bigint;
  /** From the merchant's side, by this notice: below zero it was taken, above it came back. */
  readonly moved: bigint;
  readonly openedAtMs: number;
  readonly respondByMs: number | null;
  /** Of the networks, in Stripe's words: `visa_compelling_evidence_3`. */
  readonly eligibleFor: readonly string[];
};

export type FraudWarning = {
  readonly providerId: string;
  readonly reference: string;
};

export type DisputeNotice = {
  /** Unique in the account: a notice is taken once. */
  readonly key: string;
  readonly atMs: number;
} & (
  | { readonly kind: 'dispute'; readonly dispute: DisputeTold }
  | { readonly kind: 'fraud_warning'; readonly warning: FraudWarning }
  /** Evidence about an operation: a refund that did not arrive. */
  | { readonly kind: 'operation'; readonly said: Said }
);

export type DisputeFeedPage = {
  /** In the order in which it happened. */
  readonly notices: readonly DisputeNotice[];
  /** Where the next page begins. */
  readonly cursor: string;
  readonly hasMore: boolean;
};

/** `refused`: it is too late for that, or was done already; the feed says what the dispute is. */
export type DisputeAnswer = 'taken' | 'refused';

export type DisputeReader = {
  /** Whether this account's settings say where to ask. */
  readonly isOn: (account: ConnectorAccount) => boolean;
  readonly poll: (call: AccountCall, cursor: string | null) => Promise<DisputeFeedPage>;
  readonly submitEvidence: (
    call: AccountCall,
    given: { readonly providerId: string; readonly text: string },
  ) => Promise<DisputeAnswer>;
  readonly accept: (
    call: AccountCall,
    given: { readonly providerId: string },
  ) => Promise<DisputeAnswer>;
};
