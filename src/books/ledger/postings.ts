// Each business fact as an entry. Pure; `postings.golden.txt` shows what each of them posts, and finance
// reads it there. Amounts are given as sizes, above or at zero; the signs are made here.

import { assert } from '#kit/assert';
import type { Uuid } from '#kit/ids';
import { type Entry, type EntryDetails, type Postings, sumOf } from './entry.ts';

type Fact = {
  readonly subject: Uuid;
  readonly part?: number;
  readonly currency: string;
  readonly details?: EntryDetails;
};
/** `part`, `currency` and `details` as given, without what is absent. */
const factOf = ({ subject, part, currency, details }: Fact) => ({
  subject,
  currency,
  ...(part === undefined ? {} : { part }),
  ...(details === undefined ? {} : { details }),
});

const entry = (fact: Fact, purpose: Entry['purpose'], postings: Postings): Entry => {
  assert(sumOf(postings) === 0n, `The postings of ${purpose} sum to zero`);
  return { ...factOf(fact), purpose, postings };
};

/** Of each movement of money there is something. */
const positive = (amount: bigint): bigint => {
  assert(amount > 0n, 'An amount that moves is above zero');
  return amount;
};

/** The provider owes us the payment; the merchant is owed it, less the fee. */
export const captureEntry = (
  fact: Fact & {
    readonly amount: bigint;
    readonly fee: bigint;
    /** Null: the merchant may have it at once. */
    readonly availableAtMs: number | null;
    /** Not by card: the API calls it a payment rather than a charge. */
    readonly isOtherMethod?: boolean;
  },
): Entry => {
  const { amount, fee, availableAtMs, isOtherMethod = false } = fact;
  const merchant = availableAtMs === null ? 'merchant_available' : 'merchant_pending';
  return {
    ...entry(fact, isOtherMethod ? 'payment' : 'capture', {
      provider_receivable: positive(amount),
      [merchant]: fee - amount,
      fees_earned: -fee,
    }),
    availableAtMs,
  };
};

/** Out of what the merchant may have, at once: the refund cannot wait for the payment's money. */
export const refundEntry = (
  fact: Fact & {
    readonly amount: bigint;
    /** What refunding costs. The fee of the payment is kept. */
    readonly fee?: bigint;
    readonly isOtherMethod?: boolean;
  },
): Entry => {
  const { amount, fee = 0n, isOtherMethod = false } = fact;
  return entry(fact, isOtherMethod ? 'payment_refund' : 'refund', {
    merchant_available: amount + fee,
    provider_receivable: -positive(amount),
    fees_earned: -fee,
  });
};

/** The refund did not reach the payer: the merchant has the money back. */
export const refundFailedEntry = (
  fact: Fact & { readonly amount: bigint; readonly isOtherMethod?: boolean },
): Entry =>
  entry(fact, fact.isOtherMethod ? 'payment_refund_failure' : 'refund_failure', {
    provider_receivable: positive(fact.amount),
    merchant_available: -fact.amount,
  });

/** The merchant loses amount and fee for now; the amount waits until it is decided whose it is. */
export const disputeOpenedEntry = (
  fact: Fact & { readonly amount: bigint; readonly fee: bigint },
): Entry =>
  entry(fact, 'dispute', {
    merchant_available: fact.amount + fact.fee,
    disputed: -positive(fact.amount),
    fees_earned: -fact.fee,
  });

/** What waited is the merchant's again; of one that had been lost nothing waits, and the provider owes it anew. */
export const disputeWonEntry = (
  fact: Fact & {
    readonly amount: bigint;
    readonly feeReturned: bigint;
    readonly wasLost?: boolean;
  },
): Entry =>
  entry(fact, 'dispute_won', {
    [fact.wasLost === true ? 'provider_receivable' : 'disputed']: positive(fact.amount),
    merchant_available: -(fact.amount + fact.feeReturned),
    fees_earned: fact.feeReturned,
  });

/** The provider keeps what it owed us for the payment. */
export const disputeLostEntry = (fact: Fact & { readonly amount: bigint }): Entry =>
  entry(fact, 'dispute_lost', {
    disputed: positive(fact.amount),
    provider_receivable: -fact.amount,
  });

/**
 * A provider paid: gross of what it settles (below zero when refunds outweigh payments), its cost, what
 * arrived. What these three do not explain goes to suspense, where somebody must explain it.
 */
export const settlementEntry = (
  fact: Fact & { readonly gross: bigint; readonly cost: bigint; readonly net: bigint },
): Entry =>
  entry(fact, 'settlement', {
    bank: fact.net,
    provider_cost: fact.cost,
    provider_receivable: -fact.gross,
    suspense: fact.gross - fact.cost - fact.net,
  });

export const payoutEntry = (
  fact: Fact & { readonly amount: bigint; readonly fee?: bigint },
): Entry => {
  const { amount, fee = 0n } = fact;
  return entry(fact, 'payout', {
    merchant_available: amount + fee,
    payout_in_transit: -positive(amount),
    fees_earned: -fee,
  });
};

export const payoutPaidEntry = (fact: Fact & { readonly amount: bigint }): Entry =>
  entry(fact, 'payout_paid', { payout_in_transit: positive(fact.amount), bank: -fact.amount });

/** Canceled before it left, or sent back by the bank. */
export const payoutReturnedEntry = (
  fact: Fact & { readonly amount: bigint; readonly why: 'failed' | 'canceled' },
): Entry =>
  entry(fact, fact.why === 'failed' ? 'payout_failure' : 'payout_cancel', {
    payout_in_transit: positive(fact.amount),
    merchant_available: -fact.amount,
  });

/** A fee of its own, for what is no payment. */
export const feeEntry = (fact: Fact & { readonly fee: bigint }): Entry =>
  entry(fact, 'fee', { merchant_available: positive(fact.fee), fees_earned: -fact.fee });

/** An entry that was wrong is answered by its opposite; it can be corrected once. */
export const correctionOf = (
  wrong: Pick<Entry, 'currency' | 'postings' | 'availableAtMs'> & { readonly id: Uuid },
  note: string,
): Entry => ({
  ...entry(
    // Its own id is the subject, without the bits that carry its purpose: the part carries them on.
    {
      subject: wrong.id,
      part: Number.parseInt(wrong.id.slice(-4, -2), 16),
      currency: wrong.currency,
      details: { note },
    },
    'correction',
    Object.fromEntries(
      Object.entries(wrong.postings).map(([account, amount]) => [account, -amount]),
    ),
  ),
  // What was still pending ripens together with what corrects it, and nothing is released.
  availableAtMs: wrong.availableAtMs ?? null,
});
