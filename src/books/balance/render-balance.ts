// How balances and balance transactions are shown: Stripe's shapes, computed from postings. A merchant's
// money stands in the books as minus, since we owe it; here it is plus.

import type Stripe from 'stripe';
import { type Balances, factsOf, type LedgerAccount, type PostedEntry } from '#books/ledger';
import { spellId } from '#kit/ids';
import type { Wire } from '#kit/wire';

export const BALANCE_TRANSACTION = 'txn';

/** What is shown before anything has moved. */
const NOTHING = { currency: 'usd', amount: 0n };

export const renderBalance = (balances: Balances, livemode: boolean) =>
  ({
    object: 'balance',
    available: amountsOf(balances, 'merchant_available'),
    livemode,
    pending: amountsOf(balances, 'merchant_pending'),
  }) satisfies Wire<Stripe.Balance>;

const amountsOf = (balances: Balances, account: LedgerAccount) => {
  const known = [...balances].map(([currency, held]) => ({
    currency,
    amount: -(held.get(account) ?? 0n),
  }));
  return (known.length > 0 ? known : [NOTHING]).map(({ currency, amount }) => ({
    amount: Number(amount),
    currency,
    source_types: { card: Number(amount) },
  }));
};

export const renderBalanceTransaction = (entry: PostedEntry, nowMs: number) => {
  const { purpose, postings, details, currency } = entry;
  const facts = factsOf(purpose);
  const { net, fee } = amountsIn(postings);
  const availableMs = entry.availableAtMs ?? entry.postedAtMs;
  return {
    id: spellId(BALANCE_TRANSACTION, entry.id),
    object: 'balance_transaction',
    amount: Number(net + fee),
    available_on: Math.floor(availableMs / 1000),
    balance_type: 'payments',
    created: Math.floor(entry.postedAtMs / 1000),
    currency,
    description: descriptionOf(entry),
    exchange_rate: details.exchange === undefined ? null : Number(details.exchange.rate),
    fee: Number(fee),
    fee_details: feeDetails(entry, fee),
    net: Number(net),
    reporting_category: facts.reportingCategory ?? 'other_adjustment',
    source:
      facts.source === undefined || facts.source === null
        ? null
        : spellId(facts.source, entry.subject),
    status: availableMs <= nowMs ? 'available' : 'pending',
    type: facts.type ?? 'adjustment',
  } satisfies Wire<Stripe.BalanceTransaction>;
};

/** A charge's own words, as by Stripe; what gives it back says so before them: both stand in one list. */
const descriptionOf = ({ purpose, details }: PostedEntry): string | null => {
  const { type, description: known } = factsOf(purpose);
  const said = details.description ?? details.note;
  if (said === undefined) return known ?? null;
  return type === 'refund' || type === 'payment_refund' ? `${known} (${said})` : said;
};

const merchants: readonly LedgerAccount[] = ['merchant_pending', 'merchant_available'];

/** `net` is what the merchant's own accounts gained; the fee is what it would have gained more. */
const amountsIn = (postings: PostedEntry['postings']) => ({
  net: -merchants.reduce((sum, account) => sum + (postings[account] ?? 0n), 0n),
  fee: -(postings.fees_earned ?? 0n),
});

const feeDetails = ({ purpose, details, currency }: PostedEntry, fee: bigint) => {
  if (fee === 0n) return [];
  const known = details.fees ?? [
    {
      type: 'stripe_fee' as const,
      amount: String(fee),
      description: factsOf(purpose).type === 'adjustment' ? 'Dispute fee' : 'Processing fees',
    },
  ];
  return known.map(({ type, amount, description }) => ({
    amount: Number(amount),
    application: null,
    currency,
    description,
    type,
  }));
};
