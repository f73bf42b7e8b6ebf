// A balance transaction is the entry itself, as the merchant sees it: nothing is stored beside it.

import { type Entry, entryIdOf, factsOf, post } from '#books/ledger';
import { assert } from '#kit/assert';
import type { Scope, Write } from '#kit/context';
import { spellId } from '#kit/ids';
import { BALANCE_TRANSACTION } from './render-balance.ts';

/** Known before it is posted, since the id is the business key. */
const balanceTransactionId = (entry: Pick<Entry, 'subject' | 'purpose' | 'part'>): string =>
  spellId(BALANCE_TRANSACTION, entryIdOf(entry));

/** The write, and the id by which a charge, refund or dispute names it. */
export const balanceTransaction = (
  scope: Scope,
  entry: Entry,
  postedAtMs: number,
): { readonly id: string; readonly write: Write } => {
  assert(factsOf(entry.purpose).type !== undefined, `${entry.purpose} is no balance transaction`);
  return { id: balanceTransactionId(entry), write: post(scope, entry, postedAtMs) };
};
