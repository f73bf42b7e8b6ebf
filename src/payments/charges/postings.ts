// What a movement of money means for the books: facts in, entries out. The one place where payments speak
// to the ledger; who captures and refunds knows facts only.

import { renderBalanceTransaction } from '#books/balance';
import { calendarFor, msOf, STANDARD_SCHEDULE, valueDate } from '#books/calendars';
import { expect, expectation } from '#books/expectations';
import { type Fee, type FeeFacts, feeOf, loadFeeRules } from '#books/fees';
import {
  asPosted,
  captureEntry,
  type Entry,
  entryIdOf,
  loadEntriesOf,
  post,
  refundEntry,
  refundFailedEntry,
} from '#books/ledger';
import { testCards } from '#cards/bins';
import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Charge } from './charge.ts';

export type MoneyMoved = {
  readonly kind: 'capture' | 'refund' | 'refund_failure';
  readonly charge: Charge;
  /** The charge's or the refund's own id: what the balance transaction says it is of. */
  readonly subject: Uuid;
  /** The how-manieth refund of what its bank took back, from 0. A capture draws its own. */
  readonly part?: number;
  /** The parts of what is booked with it at once. */
  readonly beside?: readonly number[];
  /** What the provider's report will name. */
  readonly reference: string;
  readonly amount: bigint;
  /** It costs its merchant nothing. */
  readonly isFree?: true;
};

export type Booked = {
  readonly writes: readonly Write[];
  readonly balanceTransactionId: Uuid;
  readonly part: number;
  /** The balance transaction by its name, for an answer that shows it before it is committed. */
  readonly shown: () => Readonly<Record<string, unknown>>;
};

/**
 * Before the provider is asked: what it costs is then known when it answers. It is reckoned by what is in force
 * when the money moves, so what took too long is asked for again.
 */
export const expectMovement = (context: Context, scope: Scope): void => {
  loadFeeRules(context, scope).catch(() => {});
};

const noFee: Fee = { amount: 0n, details: [], version: 0 };

export const bookMovement = async (
  context: Context,
  scope: Scope,
  moved: MoneyMoved,
): Promise<Booked> => {
  const nowMs = context.clock.now();
  const fee = moved.isFree ? noFee : feeOf(await loadFeeRules(context, scope), factsOf(moved));
  const { charge, kind, reference, amount } = moved;
  let part = kind === 'capture' ? 0 : (moved.part ?? 0);
  // Most charges are booked once, which nobody has to look up.
  if (kind === 'capture' && charge.captured !== amount) {
    part = await freePartOf(context, scope, moved);
  }
  const entry = entryOf({ ...moved, part }, fee, nowMs);
  return {
    balanceTransactionId: entryIdOf(entry),
    part,
    shown: () => {
      const shown = renderBalanceTransaction(asPosted(entry, nowMs), nowMs);
      return { [shown.id]: shown };
    },
    writes: [
      post(scope, entry, nowMs),
      expectation(
        scope,
        expect({
          connectorAccountId: charge.connectorAccountId,
          reference,
          kind: kind === 'capture' ? 'payment' : kind,
          part,
          currency: charge.currency,
          cost: null,
          amount,
          schedule: STANDARD_SCHEDULE,
          atMs: nowMs,
        }),
      ),
    ],
  };
};

/**
 * Of a charge that is booked in parts: the first that no booking has, since captures are
 * not booked in the order in which they were tried, where a bank says yes after a no, and more may be tried than
 * the books have parts of one charge. Two who draw the same are told so by the charge's version, and decide anew.
 */
const freePartOf = async (
  context: Context,
  scope: Scope,
  { subject, beside = [] }: MoneyMoved,
): Promise<number> => {
  const taken = new Set([...beside, ...(await loadBookedParts(context, scope, subject))]);
  let part = 0;
  while (taken.has(part)) part += 1;
  return part;
};

/** Which parts of a charge were captured, as the books number them. */
export const loadBookedParts = async (
  context: Context,
  scope: Scope,
  chargeId: Uuid,
): Promise<number[]> =>
  (await loadEntriesOf(context, scope, chargeId))
    .filter(({ purpose }) => purpose === 'capture' || purpose === 'payment')
    .map(({ part }) => part);

/** Pure. */
const entryOf = (
  { kind, charge, subject, part, amount }: MoneyMoved & { readonly part: number },
  fee: Fee,
  nowMs: number,
): Entry => {
  const { currency } = charge;
  const isOtherMethod = charge.method.type !== 'card';
  const details = {
    ...(charge.description === null ? {} : { description: charge.description }),
    feeRules: fee.version,
    fees: fee.details,
  };
  const fact = { subject, currency, amount, isOtherMethod };
  switch (kind) {
    case 'capture':
      return captureEntry({
        ...fact,
        part,
        fee: fee.amount,
        details,
        availableAtMs: isAvailableAtOnce(charge)
          ? null
          : msOf(valueDate(STANDARD_SCHEDULE, calendarFor(currency), nowMs)),
      });
    case 'refund':
      return refundEntry({ ...fact, part, fee: fee.amount, details });
    case 'refund_failure':
      return refundFailedEntry(fact);
  }
};

const factsOf = ({ kind, charge, amount }: MoneyMoved): FeeFacts => ({
  ...feeFactsOf(charge),
  occasion: kind === 'capture' ? 'payment' : 'refund',
  amount,
});

/** What its fees may depend on, whatever they are for. */
export const feeFactsOf = ({
  currency,
  method: { type, card },
}: Pick<Charge, 'currency' | 'method'>): Omit<FeeFacts, 'occasion' | 'amount'> => ({
  currency,
  method: type,
  ...(card === null ? {} : { brand: card.brand, funding: card.funding }),
  ...(card === null || card.country === null ? {} : { country: card.country }),
});

/** Documented test cards whose money does not wait. */
const isAvailableAtOnce = ({ method }: Charge): boolean => {
  const suffixes = testCards[method.card?.testCard ?? -1]?.suffixes ?? [];
  return suffixes.some((suffix) => suffix.startsWith('bypassPending'));
};
