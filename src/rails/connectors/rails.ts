// What later floors may ask of the rails: who could do it, and to do it. One value per process, on the
// context, so that nobody below knows who calls and nobody above knows which provider it is.

import type { ExemptionTerms } from '#cards/three-ds';
import type { Ahead, Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Change, OperationKind, Outcome, Sent, WritesOf } from '#rails/operations';
import type { StoredAccount } from './account.ts';
import type { ConnectorOperation, Definition, HolderTerms } from './connector.ts';
import type { DisputeAnswer, DisputeNotice } from './dispute-notice.ts';
import type { FollowingRequest, PaymentRequest } from './request.ts';

export type Rails = {
  /** Reads the merchant's accounts ahead, for whoever will ask the two that follow. */
  accounts(scope: Scope): Accounts;
  /** The merchant's accounts that could do this, in the order in which the merchant wants them. */
  candidates(scope: Scope, wanted: Wanted, accounts?: Accounts): Promise<readonly Candidate[]>;
  /** Every way to pay that one of the merchant's accounts could take now, as Stripe names them. */
  offered(
    scope: Scope,
    wanted: Omit<Wanted, 'method' | 'brand'>,
    accounts?: Accounts,
  ): Promise<ReadonlySet<string>>;
  /**
   * Asks the provider now what became of an operation, for somebody who waits. What is learned is written as
   * ever; where nothing is, the resolver asks again.
   */
  askNow(context: Context, scope: Scope, operationId: Uuid): Promise<void>;
  /** Ends at the provider what waits for its payer. A payer who was faster has paid, and that is learned too. */
  abandon(context: Context, scope: Scope, operationId: Uuid): Promise<void>;
  /** How the holder of a card is asked for payments with this account; null where the provider asks, or nobody. */
  holderTerms(context: Context, scope: Scope, at: At): Promise<HolderTerms | null>;
  /** What may be said with a payment to this candidate instead of asking the holder; null where that is not ours to say. */
  exemptionTerms(
    context: Context,
    scope: Scope,
    candidate: At & Pick<Candidate, 'connector'>,
  ): Promise<ExemptionTerms | null>;
  /** Sends one operation and waits for its outcome, or for its deadline. */
  send(context: Context, scope: Scope, sending: RailsSending): Promise<Sent>;
  /** The merchant's answer to a dispute. Throws where nobody knows whether it arrived; it may be repeated. */
  answerDispute(context: Context, scope: Scope, answer: DisputeAnswering): Promise<DisputeAnswer>;
};

export type DisputeAnswering = {
  readonly connectorAccountId: Uuid;
  readonly providerId: string;
  /** Null: the merchant gives in. */
  readonly evidence: string | null;
};

export type Wanted = {
  /** `purchase`: to take money at once, in one step or in two. */
  readonly operation: ConnectorOperation | 'purchase';
  /** As Stripe names it: `card`. */
  readonly method: string;
  readonly brand?: string;
  readonly currency: string;
};

/** As they were read for one request; what they say is for the rails alone. */
export type Accounts = Ahead<Enabled>;

export type Enabled = { readonly stored: readonly StoredAccount[]; readonly readMs: number };

/** With which account. A candidate is known, and is not read again while it is new. */
export type At = { readonly connectorAccountId: Uuid };

export type Candidate = At & {
  readonly connector: string;
  /** What its connector can do, to a payment that begins there too. */
  readonly operations: Definition['operations'];
};

export type RailsSending = {
  /** Where the caller has to know it before: it is bound to a proof. */
  readonly id?: Uuid;
  readonly connectorAccountId: Uuid;
  /** As it was chosen just now: then its account need not be read. */
  readonly candidate?: Candidate;
  readonly kind: OperationKind;
  /** What it is done for: the payment. */
  readonly intentId: Uuid;
  readonly ordinal: number;
  readonly attempt: number;
  readonly amount: bigint;
  readonly currency: string;
  readonly request: PaymentRequest | FollowingRequest;
  /** What it is done for is committed with it: there can be no other attempt. */
  readonly isFirst?: boolean;
  /** Committed before the first byte leaves: the attempt, a reservation, the claim of a key. */
  readonly intent?: readonly Write[];
  /** Committed with what is learned now: the stored answer. What follows from a change wherever it is learned is the business of listeners. */
  readonly writes?: WritesOf;
};

/**
 * What a module writes whenever something is learned of an operation, by whichever way: an answer, a
 * webhook, a look-up, a line of a settlement. It is committed with it. Null: it is none of its business, which
 * a module says of most operations and at once.
 */
export type OperationListener = (
  context: Context,
  scope: Scope,
  change: Change,
) => Promise<readonly Write[]> | null;

/**
 * What a module writes because a provider told of a dispute. It is committed with the note that the notice
 * was taken. Null: nobody here knows of what it speaks, for now. Where it says something of an operation of which nobody
 * knows what became, that is learned first, and then it is heard again.
 */
export type DisputeListener = (
  context: Context,
  scope: Scope,
  told: { readonly connectorAccountId: Uuid; readonly notice: DisputeNotice },
) => Promise<readonly Write[] | SaidByDispute | null>;

export type SaidByDispute = {
  readonly operationId: Uuid;
  readonly says: Outcome;
  /** Of those disputes, once. */
  readonly sourceKey: string;
};
