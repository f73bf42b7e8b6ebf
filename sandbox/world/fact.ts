// What happens in this world, each once, in order. The journal is a list of facts; everything else that
// the world knows is made of them.

import type { BankFact } from '../bank/bank-fact.ts';
import type { DisputeFact } from '../disputes/dispute-fact.ts';
import type { FaultKind } from '../faults/fault.ts';
import type { Approval, Change } from '../issuer/approval.ts';
import type { Authentication, TransStatus } from '../three-ds/authentication.ts';
import type { Why } from '../three-ds/challenge.ts';
import type { Answer, RequestIdentity } from './request.ts';
import type { Totals } from './totals.ts';

type Answered = { readonly request: RequestIdentity; readonly answer: Answer };

export type Fact =
  | BankFact
  | DisputeFact
  | { readonly fact: 'opened'; readonly seed: string }
  | {
      readonly fact: 'account_opened';
      readonly card: string;
      readonly last4: string;
      readonly network: string;
      readonly currency: string;
      readonly openingMinor: bigint;
    }
  | {
      readonly fact: 'limits_set';
      readonly card: string;
      readonly amountMinor: bigint | null;
      readonly countPerDay: number | null;
    }
  | { readonly fact: 'clock_moved'; readonly byMs: number }
  | (Answered & {
      readonly fact: 'approved';
      readonly approval: Approval;
      readonly change: Change;
      readonly isStandIn: boolean;
      /** The authentication whose value came with it: the issuer answers for a fraud, not the merchant. */
      readonly proof?: string;
    })
  | (Answered & {
      readonly fact: 'completed' | 'refunded';
      readonly approvalId: string;
      readonly change: Change;
    })
  /** More is held; no money has moved. */
  | (Answered & {
      readonly fact: 'incremented';
      readonly approvalId: string;
      readonly change: Change;
    })
  | (Answered & {
      readonly fact: 'reversed';
      readonly approvalId: string;
      readonly change: Change;
      /** The key of the request whose change is taken back. */
      readonly of: string;
    })
  | (Answered & { readonly fact: 'verified' | 'declined' })
  /** There was nothing left to reverse: the original was declined, or is reversed already. */
  | (Answered & { readonly fact: 'nothing_to_reverse' })
  /** A reversal that came before its original, which will find it. */
  | (Answered & { readonly fact: 'reversal_kept'; readonly original: string })
  | (Answered & {
      readonly fact: 'totals_compared';
      readonly isAgreed: boolean;
      readonly isClosed: boolean;
      /** Days after this one stay open. */
      readonly upToDay?: string;
      readonly ours: Totals;
      readonly theirs: Totals;
    })
  | { readonly fact: 'authentication_asked'; readonly authentication: Authentication }
  | {
      readonly fact: 'authentication_ended';
      readonly id: string;
      readonly status: TransStatus;
      readonly eci?: string;
      readonly why: Why;
      readonly tries: number;
    }
  /** Whether the merchant's side has heard the result, and how often it was told. */
  | {
      readonly fact: 'authentication_reported';
      readonly id: string;
      readonly arrivals: number;
      readonly isAcknowledged: boolean;
    }
  | { readonly fact: 'expired'; readonly approvalId: string; readonly change: Change }
  | {
      readonly fact: 'fault';
      readonly kind: FaultKind;
      readonly rule: string;
      readonly key: string;
      /** How often the request has come, this time included. */
      readonly arrival: number;
    };

export type JournalLine = {
  readonly seq: number;
  readonly at: string;
  readonly fact: Fact;
  /** Ties the line to all lines before it. */
  readonly chain: string;
};
