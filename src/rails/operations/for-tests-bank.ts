// A provider in a test's hand: it does what its script says, and its book is what really happened.

import type { ConnectorPort } from './call-out.ts';
import type { Outcome } from './evidence.ts';
import type { Operation } from './operation.ts';

export type BankBook = {
  /** By the provider's key: booked once, however often it came. */
  readonly approved: Map<string, { readonly reference: string; readonly amount: bigint }>;
  readonly cancelled: Set<string>;
  calls: number;
};

export const newBook = (): BankBook => ({ approved: new Map(), cancelled: new Set(), calls: 0 });

export const approvalOf = ({ amount, currency, reference }: Operation): Outcome => ({
  outcome: 'approved',
  amount,
  currency,
  reference,
});

export const lost: Outcome = { outcome: 'unknown', code: 'timeout' };

/** Books what is not cancelled, once per key, and answers as the script says; by default the truth. */
export const charging =
  (book: BankBook, answer?: (operation: Operation) => Outcome | Promise<Outcome>): ConnectorPort =>
  async ({ operation }) => {
    book.calls += 1;
    const { providerKey, reference, amount } = operation;
    if (book.cancelled.has(reference)) return { outcome: 'reversed', reference };
    book.approved.set(providerKey, { reference, amount });
    return answer ? answer(operation) : approvalOf(operation);
  };

/** Books nothing. */
export const answering =
  (book: BankBook, says: Outcome): ConnectorPort =>
  async () => {
    book.calls += 1;
    return says;
  };

export const lookingUp =
  (book: BankBook, horizonMs: number | null): ConnectorPort =>
  async ({ operation }) => {
    book.calls += 1;
    const found = [...book.approved.values()].some(
      ({ reference }) => reference === operation.reference,
    );
    return found ? approvalOf(operation) : { outcome: 'not_found', horizonMs };
  };

export const cancelling =
  (book: BankBook): ConnectorPort =>
  async ({ operation }) => {
    book.calls += 1;
    book.approved.delete(operation.providerKey);
    book.cancelled.add(operation.reference);
    return { outcome: 'reversed', reference: operation.reference };
  };
