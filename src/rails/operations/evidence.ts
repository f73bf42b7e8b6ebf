// What was learned of an operation, by whichever way. Evidence is only ever added.

import type { Uuid } from '#kit/ids';

/** The numbers are stored. */
export const evidenceKinds = {
  answer: 1,
  look_up: 2,
  webhook: 3,
  settlement_line: 4,
  statement_line: 5,
  person: 6,
  books: 7,
} as const;
export type EvidenceKind = keyof typeof evidenceKinds;

/** What the other side calls the amount, the currency and us. Null where it does not say. */
export type Echo = {
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly reference: string | null;
};

/** Where the payer has to go, or what has to be shown, before the provider goes on. */
export type Action = {
  readonly kind: 'redirect' | 'form_post' | 'qr' | 'app_link' | 'client_token';
  readonly url?: string;
  /** Of a form that the payer's browser posts. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What a QR code says, or a token for the provider's own script. */
  readonly text?: string;
  readonly expiresAtMs?: number;
};

export type CheckResult = 'pass' | 'fail' | 'unavailable' | 'unchecked';

export const traceKinds = [
  'acquirer_reference_number',
  'retrieval_reference_number',
  'system_trace_audit_number',
] as const;
export type TraceKind = (typeof traceKinds)[number];

/**
 * What else the provider told, for those who show it and for the next call. It decides nothing, and no
 * card data and nothing a payer typed may come to stand here.
 */
export type Told = {
  /** As receipts show it: field 38 of a card message. */
  readonly authorizationCode?: string;
  readonly networkTransactionId?: string;
  /** The code in the network's own words: `51`. */
  readonly networkCode?: string;
  readonly advice?: 'do_not_try_again' | 'try_again_later' | 'confirm_card_data';
  readonly checks?: {
    readonly cvc?: CheckResult;
    readonly postalCode?: CheckResult;
    readonly addressLine1?: CheckResult;
  };
  readonly action?: Action;
  /** By what number a payer's bank finds a refund. */
  readonly trace?: { readonly kind: TraceKind; readonly reference: string };
  /** The refunded payment was never cleared: its payer sees none, instead of two. */
  readonly isReversal?: boolean;
  /** What the connector itself needs when it follows up: ids and dates of the provider. */
  readonly data?: Readonly<Record<string, string>>;
};

/**
 * Codes are words of ours or of the provider's table, never free text: nothing a payer typed and no
 * card data may come to stand here. A word that the table does not know goes into `unmapped`.
 */
export type Outcome =
  | {
      readonly outcome: 'approved';
      readonly amount: bigint;
      readonly currency: string;
      readonly reference: string;
      readonly providerId?: string;
      readonly code?: string;
      readonly told?: Told;
    }
  | (Partial<Echo> & {
      readonly outcome: 'declined';
      readonly code: string;
      readonly providerId?: string;
      readonly told?: Told;
    })
  | (Partial<Echo> & {
      readonly outcome: 'action_required';
      readonly code: string;
      readonly providerId?: string;
      readonly told?: Told;
    })
  | (Partial<Echo> & {
      readonly outcome: 'pending';
      readonly code?: string;
      readonly providerId?: string;
      readonly told?: Told;
    })
  | (Partial<Echo> & {
      readonly outcome: 'reversed';
      readonly code?: string;
      readonly providerId?: string;
      readonly told?: Told;
    })
  | { readonly outcome: 'not_sent'; readonly code: string }
  | {
      readonly outcome: 'unknown';
      readonly code: string;
      readonly unmapped?: string;
      /** It answered, and would not do it: it is there, and others may ask it. */
      readonly isAnswer?: true;
    }
  /** The provider knows nothing of it, as of then. It may only be slow to know. */
  | { readonly outcome: 'not_found'; readonly horizonMs: number | null };

export type Evidence = {
  readonly id: Uuid;
  readonly kind: EvidenceKind;
  /** When it was asked, for what was asked; when it was said, for what was told. */
  readonly atMs: number;
  readonly says: Outcome;
  /** Which sending of the operation this answers. Null where it answers none. */
  readonly send: number | null;
  /** The event's, the line's own name: one is evidence once, however often it comes. */
  readonly sourceKey: string | null;
  /** A person's word: what they had before them. It raises no alert any more. */
  readonly considered: readonly Uuid[];
};
