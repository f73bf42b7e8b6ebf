// What an acquirer and a gateway count between two cut-overs, per institution and currency.

import { type Change, movedBy } from '../issuer/approval.ts';

export type Total = { readonly count: number; readonly amountMinor: bigint };

export type Totals = {
  /** Refunds. */
  readonly credits: Total;
  readonly creditsReversed: Total;
  /** Purchases and completions. */
  readonly debits: Total;
  readonly debitsReversed: Total;
};

const none: Total = { count: 0, amountMinor: 0n };
export const noTotals: Totals = {
  credits: none,
  creditsReversed: none,
  debits: none,
  debitsReversed: none,
};

export const sameTotals = (a: Totals, b: Totals): boolean =>
  (Object.keys(noTotals) as (keyof Totals)[]).every(
    (kind) => a[kind].count === b[kind].count && a[kind].amountMinor === b[kind].amountMinor,
  );

export const sumOf = (all: Iterable<Totals>): Totals => {
  let sum = noTotals;
  for (const each of all) {
    const of = (kind: keyof Totals): Total => ({
      count: sum[kind].count + each[kind].count,
      amountMinor: sum[kind].amountMinor + each[kind].amountMinor,
    });
    sum = {
      credits: of('credits'),
      creditsReversed: of('creditsReversed'),
      debits: of('debits'),
      debitsReversed: of('debitsReversed'),
    };
  }
  return sum;
};

/** Above zero is what the merchants get. */
export const netOf = ({ credits, creditsReversed, debits, debitsReversed }: Totals): bigint =>
  debits.amountMinor -
  debitsReversed.amountMinor -
  credits.amountMinor +
  creditsReversed.amountMinor;

/** A change that moved no money is counted nowhere. */
export const withMoved = (totals: Totals, by: Change, isReversal: boolean): Totals => {
  const moved = movedBy(by);
  if (moved === 0n) return totals;
  const kind = isReversal
    ? moved < 0n
      ? 'debitsReversed'
      : 'creditsReversed'
    : moved > 0n
      ? 'debits'
      : 'credits';
  const { count, amountMinor } = totals[kind];
  const absolute = moved < 0n ? -moved : moved;
  return { ...totals, [kind]: { count: count + 1, amountMinor: amountMinor + absolute } };
};
