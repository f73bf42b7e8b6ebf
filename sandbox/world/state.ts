// What the world knows, made of the facts of its journal and of nothing else.

import { assert, present } from '#kit/assert';
import { applyBankFact, type BankState, beginBank, emptyBankState } from '../bank/bank-state.ts';
import { dayOf as calendarDayOf } from '../bank/calendar.ts';
import {
  applyDisputeFact,
  type DisputeState,
  emptyDisputeState,
  planAfterCompletion,
  planAfterRefund,
} from '../disputes/dispute-state.ts';
import { type Approval, type Change, movedBy, withChange } from '../issuer/approval.ts';
import type { Limits } from '../issuer/authorize.ts';
import type { Authentication } from '../three-ds/authentication.ts';
import { clearChange, clearDispute, clearRefundFailure } from './clear.ts';
import type { Fact } from './fact.ts';
import type { Answer, RequestIdentity } from './request.ts';
import { noTotals, type Totals, withMoved } from './totals.ts';

export type Account = {
  readonly card: string;
  readonly currency: string;
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
  readonly day: number;
  readonly approvedToday: number;
};

/** A request that was answered, so that the same again is answered alike. */
export type Known = {
  readonly identity: RequestIdentity;
  readonly answer: Answer;
  /** The host's, on which it was decided. */
  readonly day: string;
  /** What it changed, and in which approval. */
  readonly approvalId?: string;
  readonly change?: Change;
};

export type State = {
  seed: string | undefined;
  clockOffsetMs: number;
  readonly accounts: Map<string, Account>;
  readonly limits: Map<string, Limits>;
  readonly approvals: Map<string, Approval>;
  readonly approvalsByRrn: Map<string, string[]>;
  readonly known: Map<string, Known>;
  /** From a trace to the key of the request that had it first. */
  readonly traces: Map<string, string>;
  /** Traces of originals that were reversed before they came. */
  readonly reversedUnseen: Set<string>;
  /** Keys of requests whose change was taken back. */
  readonly reversed: Set<string>;
  /** Holds in the order in which they end. */
  readonly holds: Map<string, number>;
  /** By institution and currency, then by the day of the host: what was not closed yet. */
  readonly batches: Map<string, Map<string, Totals>>;
  /** By the directory server's number. */
  readonly authentications: Map<string, Authentication>;
  /** Those whose value came with an approval. */
  readonly proofsUsed: Set<string>;
  readonly bank: BankState;
  readonly disputes: DisputeState;
};

export const emptyState = (): State => ({
  seed: undefined,
  clockOffsetMs: 0,
  accounts: new Map(),
  limits: new Map(),
  approvals: new Map(),
  approvalsByRrn: new Map(),
  known: new Map(),
  traces: new Map(),
  reversedUnseen: new Set(),
  reversed: new Set(),
  holds: new Map(),
  batches: new Map(),
  authentications: new Map(),
  proofsUsed: new Set(),
  bank: emptyBankState(),
  disputes: emptyDisputeState(),
});

export const accountKey = (card: string, currency: string): string => `${card}/${currency}`;
export const batchKey = (institution: string, currency: string): string =>
  `${institution}/${currency}`;
export const rrnKey = (terminal: string, rrn: string): string => `${terminal}/${rrn}`;
export const dayOf = (nowMs: number): number => Math.floor(nowMs / 86_400_000);

export const applyFact = (state: State, fact: Fact, atMs: number): void => {
  if ('request' in fact) remember(state, fact, atMs);
  switch (fact.fact) {
    case 'opened':
      state.seed = fact.seed;
      beginBank(state.bank, atMs);
      return;
    case 'account_opened':
      state.accounts.set(accountKey(fact.card, fact.currency), {
        card: fact.card,
        currency: fact.currency,
        balanceMinor: fact.openingMinor,
        heldMinor: 0n,
        day: 0,
        approvedToday: 0,
      });
      return;
    case 'limits_set':
      state.limits.set(fact.card, { amountMinor: fact.amountMinor, countPerDay: fact.countPerDay });
      return;
    case 'clock_moved':
      state.clockOffsetMs += fact.byMs;
      return;
    case 'approved':
      open(state, fact.approval, fact.change, atMs);
      if (fact.proof !== undefined) state.proofsUsed.add(fact.proof);
      changed(state, fact, atMs);
      return;
    case 'authentication_asked':
      state.authentications.set(fact.authentication.id, fact.authentication);
      return;
    case 'authentication_ended': {
      const asked = present(state.authentications.get(fact.id), 'What ended was asked');
      const { status, eci } = fact;
      const ended = { ...asked, status, ...(eci === undefined ? {} : { eci }) };
      state.authentications.set(fact.id, ended);
      return;
    }
    case 'completed':
    case 'refunded':
      applyChange(state, fact.approvalId, fact.change, { counted: 'forward', atMs });
      changed(state, fact, atMs);
      return;
    case 'reversed':
      state.reversed.add(fact.of);
      state.disputes.plannedRefunds.delete(fact.of);
      applyChange(state, fact.approvalId, fact.change, { counted: 'reversal', atMs });
      changed(state, fact, atMs);
      return;
    case 'incremented':
    case 'expired':
      applyChange(state, fact.approvalId, fact.change, { counted: 'forward', atMs });
      return;
    case 'reversal_kept':
      state.reversedUnseen.add(fact.original);
      return;
    case 'totals_compared':
      if (fact.isClosed) closeDays(state, fact);
      return;
    case 'disputed':
    case 'dispute_moved':
      applyDisputeFact(state.disputes, fact, atMs);
      chargeBack(state, fact, atMs);
      return;
    case 'refund_failed':
      // A reversal of that refund that comes later finds nothing to take back.
      state.reversed.add(fact.refundKey);
      applyDisputeFact(state.disputes, fact, atMs);
      applyChange(state, fact.approvalId, failedRefund(state, fact), { counted: 'not', atMs });
      clearRefundFailure(state.bank, approvalAt(state, fact.approvalId), fact, atMs);
      return;
    case 'refund_settled':
    case 'plan_done':
    case 'fraud_warned':
    case 'prevention_set':
      applyDisputeFact(state.disputes, fact, atMs);
      return;
    case 'clearing_file_taken':
    case 'cleared_by_file':
    case 'network_cleared':
    case 'batch_closed':
    case 'cycle_closed':
    case 'bank_account_opened':
    case 'network_settled':
    case 'batch_funded':
    case 'payments_accepted':
    case 'payments_refused':
    case 'payment_executed':
    case 'payment_rejected':
    case 'payment_returned':
    case 'bank_day_closed':
      applyBankFact(state.bank, fact, atMs);
      return;
    default:
  }
};

const approvalAt = (state: State, id: string): Approval =>
  present(state.approvals.get(id), 'An approval');

/** What follows when a request moved money: a line to clear, and what the card has in store. */
const changed = (
  state: State,
  fact: Extract<Fact, { fact: 'approved' | 'completed' | 'refunded' | 'reversed' }>,
  atMs: number,
): void => {
  const id = fact.fact === 'approved' ? fact.approval.id : fact.approvalId;
  const approval = approvalAt(state, id);
  const { key: refundKey, amountMinor } = fact.request;
  clearChange(state.bank, approval, fact, atMs);
  if (fact.fact === 'refunded') {
    planAfterRefund(state.disputes, approval, { refundKey, amountMinor, atMs });
  } else if (fact.fact !== 'reversed' && fact.change.capturedMinor > 0n) {
    planAfterCompletion(state.disputes, approval, atMs);
  }
};

const chargeBack = (
  state: State,
  fact: Extract<Fact, { fact: 'disputed' | 'dispute_moved' }>,
  atMs: number,
): void => {
  if (fact.movedMinor === 0n) return;
  const approval = approvalAt(state, fact.approvalId);
  const chargedBackMinor = approval.chargedBackMinor - fact.movedMinor;
  const { capturedMinor, refundedMinor } = approval;
  assert(chargedBackMinor >= 0n, 'Nothing is given back that was not taken');
  assert(refundedMinor + chargedBackMinor <= capturedMinor, 'Never more than was captured');
  state.approvals.set(approval.id, { ...approval, chargedBackMinor });
  const key = accountKey(approval.card, approval.currency);
  const account = present(state.accounts.get(key), 'The account of an approval');
  const balanceMinor = account.balanceMinor - fact.movedMinor;
  state.accounts.set(key, { ...account, balanceMinor });
  clearDispute(state.bank, approval, fact, { atMs, number: state.disputes.notices.length });
};

const failedRefund = (
  state: State,
  { approvalId, movedMinor }: Extract<Fact, { fact: 'refund_failed' }>,
): Change => ({
  heldMinor: 0n,
  capturedMinor: 0n,
  refundedMinor: -movedMinor,
  state: approvalAt(state, approvalId).state,
});

const closeDays = (
  { batches }: State,
  { request, upToDay }: Extract<Fact, { fact: 'totals_compared' }>,
): void => {
  const days = batches.get(batchKey(request.institution, request.currency));
  for (const day of days?.keys() ?? []) if (isUpTo(day, upToDay)) days?.delete(day);
};

export const isUpTo = (day: string, last: string | undefined): boolean =>
  last === undefined || day <= last;

const remember = (
  state: State,
  fact: Extract<Fact, { request: RequestIdentity }>,
  atMs: number,
): void => {
  const { request: identity, answer } = fact;
  assert(!state.known.has(identity.key), 'A request is decided once');
  const made =
    fact.fact === 'approved'
      ? { approvalId: fact.approval.id, change: fact.change }
      : 'approvalId' in fact
        ? { approvalId: fact.approvalId, change: fact.change }
        : {};
  state.known.set(identity.key, { identity, answer, day: calendarDayOf(atMs), ...made });
  if (!state.traces.has(identity.trace)) state.traces.set(identity.trace, identity.key);
};

const open = (state: State, approval: Approval, change: Change, atMs: number): void => {
  const { id, card, currency, terminal, rrn } = approval;
  state.approvals.set(id, approval);
  const sameRrn = state.approvalsByRrn.get(rrnKey(terminal, rrn));
  if (sameRrn === undefined) state.approvalsByRrn.set(rrnKey(terminal, rrn), [id]);
  else sameRrn.push(id);
  applyChange(state, id, change, { counted: 'forward', atMs });

  const key = accountKey(card, currency);
  const account = present(state.accounts.get(key), 'The account of an approval');
  const day = dayOf(atMs);
  const approvedToday = account.day === day ? account.approvedToday + 1 : 1;
  state.accounts.set(key, { ...account, day, approvedToday });
};

/** A refund that failed long after it was answered is no message that two sides could compare. */
type Counted = 'forward' | 'reversal' | 'not';

const applyChange = (
  state: State,
  id: string,
  by: Change,
  { counted, atMs }: { readonly counted: Counted; readonly atMs: number },
): void => {
  const approval = withChange(present(state.approvals.get(id), 'An approval'), by);
  const { heldMinor, capturedMinor, refundedMinor, approvedMinor } = approval;
  assert(heldMinor >= 0n && capturedMinor >= 0n, 'Nothing is held or captured below zero');
  assert(heldMinor + capturedMinor <= approvedMinor, 'Never more than was approved');
  const { chargedBackMinor } = approval;
  assert(refundedMinor >= 0n, 'Nothing is refunded below zero');
  assert(refundedMinor + chargedBackMinor <= capturedMinor, 'Never more than was captured');
  state.approvals.set(id, approval);
  if (heldMinor > 0n) {
    if (!state.holds.has(id)) state.holds.set(id, approval.heldUntilMs);
  } else state.holds.delete(id);

  const key = accountKey(approval.card, approval.currency);
  const account = present(state.accounts.get(key), 'The account of an approval');
  state.accounts.set(key, {
    ...account,
    balanceMinor: account.balanceMinor - movedBy(by),
    heldMinor: account.heldMinor + by.heldMinor,
  });

  if (counted === 'not') return;
  const batch = batchKey(approval.institution, approval.currency);
  const days = state.batches.get(batch) ?? new Map<string, Totals>();
  state.batches.set(batch, days);
  const day = calendarDayOf(atMs);
  days.set(day, withMoved(days.get(day) ?? noTotals, by, counted === 'reversal'));
};
