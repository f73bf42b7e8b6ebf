// What a dispute means for the books: bookings as facts, entries made of them. Pure; the same facts make
// the same entry, so a balance transaction is told from them without being stored twice.

import { STANDARD_SCHEDULE } from '#books/calendars';
import { type ExpectationKind, expect, expectation } from '#books/expectations';
import { type Fee, feeOf, type loadFeeRules } from '#books/fees';
import { disputeLostEntry, disputeOpenedEntry, disputeWonEntry, type Entry } from '#books/ledger';
import type { Scope, Write } from '#kit/context';
import { type Charge, feeFactsOf } from '#payments/charges';
import type { Booking, Dispute } from './dispute.ts';

export const disputeFee = (
  rules: Awaited<ReturnType<typeof loadFeeRules>>,
  charge: Charge,
  amount: bigint,
): Fee => feeOf(rules, { ...feeFactsOf(charge), occasion: 'dispute', amount });

/** What is prevented costs nothing: the holder was refunded before it came to a chargeback. */
export const freeOfCharge: Fee = { amount: 0n, details: [], version: 0 };

export const withdrawal = (part: number, amount: bigint, fee: Fee, atMs: number): Booking => ({
  purpose: 'dispute',
  part,
  amount: Number(amount),
  fee: Number(fee.amount),
  fees: fee.details,
  feeRules: fee.version,
  atMs,
});

/** The fee is kept: the work was done. */
export const reinstatement = (
  part: number,
  amount: bigint,
  atMs: number,
  wasLost: boolean,
): Booking => ({
  purpose: 'dispute_won',
  part,
  amount: Number(amount),
  fee: 0,
  fees: [],
  feeRules: 0,
  atMs,
  ...(wasLost ? { wasLost } : {}),
});

export const entryOf = (
  { id: subject, currency }: Pick<Dispute, 'id' | 'currency'>,
  { purpose, part, amount, fee, fees, feeRules, wasLost }: Booking,
): Entry =>
  purpose === 'dispute'
    ? disputeOpenedEntry({
        subject,
        part,
        currency,
        amount: BigInt(amount),
        fee: BigInt(fee),
        details: { feeRules, fees },
      })
    : disputeWonEntry({
        subject,
        part,
        currency,
        amount: BigInt(amount),
        feeReturned: 0n,
        wasLost: wasLost === true,
      });

export const lostEntry = (
  { id: subject, currency }: Pick<Dispute, 'id' | 'currency'>,
  part: number,
  amount: bigint,
): Entry => disputeLostEntry({ subject, part, currency, amount });

/** What the provider's report will say of it. */
export const expectedOf = (
  scope: Scope,
  { connectorAccountId, currency, providerId }: Dispute,
  { purpose, part, amount, atMs }: Booking,
): Write => {
  const kind: ExpectationKind = purpose === 'dispute' ? 'chargeback' : 'chargeback_reversal';
  return expectation(
    scope,
    expect({
      connectorAccountId,
      // One payment may have several disputes: by its own reference they could not be told apart.
      reference: providerId,
      kind,
      part,
      currency,
      cost: null,
      amount: BigInt(amount),
      schedule: STANDARD_SCHEDULE,
      atMs,
    }),
  );
};
