// How money that moved between a holder and a merchant comes to the acquirer's clearing: a line for the
// merchant, and what the network then owes.

import type { Movement } from '../bank/bank-fact.ts';
import { addDue, addItem, addMovement, type BankState } from '../bank/bank-state.ts';
import { dayOf } from '../bank/calendar.ts';
import { itemOf, itemOfChange } from '../bank/clearing-item.ts';
import { type Approval, movedBy } from '../issuer/approval.ts';
import { interchangeOf } from '../networks/networks.ts';
import type { Fact } from './fact.ts';

type Requested = Extract<Fact, { fact: 'approved' | 'completed' | 'refunded' | 'reversed' }>;

export const clearChange = (
  bank: BankState,
  approval: Approval,
  fact: Requested,
  atMs: number,
): void => {
  const { request, change } = fact;
  const isReversal = fact.fact === 'reversed';
  const made = { key: request.key, stan: request.stan, atMs, isReversal };
  const item = itemOfChange(approval, change, made);
  if (item === undefined) return;
  addItem(bank, item, isReversal ? fact.of : undefined);
  addMovement(bank, movementOf(approval, fact, dayOf(atMs)), request.key);
  owe(bank, approval, movedBy(change));
};

const movementOf = (
  { merchant, terminal, rrn, currency }: Approval,
  { fact, request, change }: Requested,
  day: string,
): Movement => {
  const moved = movedBy(change);
  const isDebit = fact === 'reversed' ? moved < 0n : moved > 0n;
  const side = isDebit ? 'debit' : 'credit';
  const direction = fact === 'reversed' ? (`${side}_reversed` as const) : side;
  const amountMinor = moved < 0n ? -moved : moved;
  return { direction, merchant, terminal, rrn, stan: request.stan, currency, amountMinor, day };
};

export const clearDispute = (
  bank: BankState,
  approval: Approval,
  fact: Extract<Fact, { fact: 'disputed' | 'dispute_moved' }>,
  told: { readonly atMs: number; readonly number: number },
): void => {
  const { movedMinor } = fact;
  const isPrevented = fact.fact === 'disputed' && fact.dispute.status === 'prevented';
  const dispute = fact.fact === 'disputed' ? fact.dispute.id : fact.disputeId;
  const made = { key: `${dispute}/${told.number}`, dispute, atMs: told.atMs };
  const kind = movedMinor < 0n ? 'chargeback' : 'chargeback_reversal';
  addItem(bank, itemOf(approval, { ...made, kind }, movedMinor));
  owe(bank, approval, movedMinor);
  if (kind === 'chargeback_reversal' || isPrevented) return;
  addItem(bank, itemOf(approval, { ...made, key: `${made.key}/fee`, kind: 'dispute_fee' }, 0n));
};

export const clearRefundFailure = (
  bank: BankState,
  approval: Approval,
  { refundKey, movedMinor }: Extract<Fact, { fact: 'refund_failed' }>,
  atMs: number,
): void => {
  const made = { key: `${refundKey}/failed`, kind: 'refund_failure', atMs } as const;
  addItem(bank, itemOf(approval, made, movedMinor), refundKey);
  owe(bank, approval, movedMinor);
};

/** The issuer keeps its interchange. */
const owe = (bank: BankState, { network, funding, currency }: Approval, moved: bigint): void =>
  addDue(bank, network, currency, moved - interchangeOf(funding, moved));
