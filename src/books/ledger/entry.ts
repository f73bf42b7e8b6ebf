// An entry: one business fact as postings that sum to zero, in one currency. An exchange is two entries
// that meet in the account `exchange`.

import { assert, present } from '#kit/assert';
import type { Uuid } from '#kit/ids';
import { accountOfCode, type LedgerAccount, ledgerAccounts } from './ledger-accounts.ts';
import { type Purpose, purposes } from './purposes.ts';

/** Debit is plus, credit is minus. What is zero is left out. */
export type Postings = Readonly<Partial<Record<LedgerAccount, bigint>>>;

export type FeeDetail = {
  readonly type: 'stripe_fee' | 'payment_method_passthrough_fee' | 'tax' | 'withheld_tax';
  readonly description: string;
  readonly amount: string;
};

export type EntryDetails = {
  readonly description?: string;
  /** The version of the fee rules by which the fee was reckoned. */
  readonly feeRules?: number;
  readonly fees?: readonly FeeDetail[];
  readonly exchange?: {
    readonly rate: string;
    readonly source: string;
    readonly atMs: number;
    readonly from: { readonly amount: string; readonly currency: string };
  };
  readonly note?: string;
};

export type Entry = {
  /** What it is about: the id of the charge, refund, dispute, payout … */
  readonly subject: Uuid;
  readonly purpose: Purpose;
  /** The how-manieth of that purpose, from 0: the second partial capture of a charge is 1. */
  readonly part?: number;
  readonly currency: string;
  readonly postings: Postings;
  /** When the merchant's share becomes available; absent: at once. */
  readonly availableAtMs?: number | null;
  readonly details?: EntryDetails;
};

const PARTS_MAX = 255;

/**
 * The business key as an id: the subject's own, its last 16 bits replaced by purpose and part. It is
 * known before anything is written, and the same fact can have no second entry.
 */
export const entryIdOf = ({
  subject,
  purpose,
  part = 0,
}: Pick<Entry, 'subject' | 'purpose' | 'part'>): Uuid => {
  assert(part >= 0 && part <= PARTS_MAX, 'An object has at most 256 entries of one purpose');
  const key = purposes[purpose].code * 256 + part;
  return `${subject.slice(0, -4)}${key.toString(16).padStart(4, '0')}`;
};

export const sumOf = (postings: Postings): bigint =>
  Object.values(postings).reduce((sum, amount) => sum + amount, 0n);

const byCode = (Object.entries(ledgerAccounts) as [LedgerAccount, number][]).toSorted(
  ([, a], [, b]) => a - b,
);

/** As the row carries them: codes in rising order, and their amounts. */
export const toArrays = (
  postings: Postings,
): { readonly accounts: readonly number[]; readonly amounts: readonly bigint[] } => {
  const accounts: number[] = [];
  const amounts: bigint[] = [];
  for (const [name, code] of byCode) {
    const amount = postings[name];
    if (amount === undefined || amount === 0n) continue;
    accounts.push(code);
    amounts.push(amount);
  }
  return { accounts, amounts };
};

export const fromArrays = (accounts: readonly number[], amounts: readonly bigint[]): Postings =>
  Object.fromEntries(
    accounts.map((code, place) => [
      present(accountOfCode(code), `The ledger account ${code}`),
      amounts[place] ?? 0n,
    ]),
  );
