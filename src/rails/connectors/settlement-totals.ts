// The totals of a comparison, by account at a provider and currency. Pure. Both sides add up: what was expected is
// what was settled so, what was settled differently and what is open; what was settled is what was expected of that
// time, what was expected of another, and what nobody expected.

import type { ExpectationKind, KnownExpectation } from '#books/expectations';
import type { Uuid } from '#kit/ids';
import type { Compared, Comparison, SettledLine } from './compare-settlements.ts';
import type { SettlementRow } from './settlement-line.ts';

/** Of expectations the moment of the movement counts, of lines when their provider booked them. Both ends are in it. */
export type TotalsAsked = {
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly currency?: string;
  readonly connectorAccountId?: Uuid;
};

export type Sum = { readonly count: number; readonly gross: bigint };
/** Null: of one of them nobody knows beforehand what its provider keeps. */
export type ExpectedSum = Sum & { readonly fee: bigint | null };
export type SettledSum = Sum & { readonly fee: bigint; readonly net: bigint };

export type SettlementTotals = {
  readonly connectorAccountId: Uuid;
  readonly currency: string;
  readonly expected: ExpectedSum;
  readonly expectedByKind: ReadonlyMap<ExpectationKind, ExpectedSum>;
  readonly asExpected: Sum;
  /** As it was expected, and as it was settled. */
  readonly different: Sum & { readonly settled: bigint };
  readonly open: Sum & { readonly oldestValueDate: string | null };
  /** All but what was paid out of it. */
  readonly settled: SettledSum;
  readonly settledOfThen: SettledSum;
  readonly settledOfOtherTimes: SettledSum;
  readonly unexpectedByKind: ReadonlyMap<SettlementRow['kind'], SettledSum>;
  readonly paidOut: SettledSum;
};

/** What is listed one by one is what is counted. */
export type SettlementsOf = {
  readonly open: readonly Compared[];
  readonly different: readonly Compared[];
  readonly unexpected: readonly SettledLine[];
  readonly paidOut: readonly SettledLine[];
};

const isMet = ({ expectation, lines, settled }: Compared): boolean =>
  lines.length > 0 && settled === expectation.gross;

export const settlementsOf = (comparison: Comparison, asked: TotalsAsked): SettlementsOf => {
  const compared = comparison.compared
    .filter(({ expectation }) => isAskedFor(expectation, expectation.expectedAtMs, asked))
    .toSorted((a, b) => a.expectation.expectedAtMs - b.expectation.expectedAtMs);
  const unexpected = comparison.unexpected
    .filter((line) => isLineAskedFor(line, asked))
    .toSorted((a, b) => a.row.bookedAtMs - b.row.bookedAtMs);
  return {
    open: compared.filter(({ lines }) => lines.length === 0),
    different: compared.filter((each) => each.lines.length > 0 && !isMet(each)),
    unexpected: unexpected.filter(({ row }) => row.kind !== 'payout'),
    paidOut: unexpected.filter(({ row }) => row.kind === 'payout'),
  };
};

const isAskedFor = (
  of: { readonly connectorAccountId: Uuid; readonly currency: string },
  atMs: number,
  { fromMs, toMs, currency, connectorAccountId }: TotalsAsked,
): boolean =>
  isWithin(atMs, { fromMs, toMs }) &&
  (currency === undefined || currency === of.currency) &&
  (connectorAccountId === undefined || connectorAccountId === of.connectorAccountId);

const isLineAskedFor = ({ connectorAccountId, row }: SettledLine, asked: TotalsAsked): boolean =>
  isAskedFor({ connectorAccountId, currency: row.currency }, row.bookedAtMs, asked);

const isWithin = (atMs: number, { fromMs, toMs }: Pick<TotalsAsked, 'fromMs' | 'toMs'>): boolean =>
  (fromMs === null || atMs >= fromMs) && (toMs === null || atMs <= toMs);

export const totalsOf = (
  { compared, unexpected }: Comparison,
  asked: TotalsAsked,
): readonly SettlementTotals[] => {
  const found = new Map<string, SettlementTotals>();
  const change = (
    of: { readonly connectorAccountId: Uuid; readonly currency: string },
    changed: (totals: SettlementTotals) => Partial<SettlementTotals>,
  ): void => {
    const name = `${of.connectorAccountId} ${of.currency}`;
    const totals = found.get(name) ?? nothing(of.connectorAccountId, of.currency);
    found.set(name, { ...totals, ...changed(totals) });
  };
  for (const each of compared) {
    const { expectation, lines } = each;
    if (isAskedFor(expectation, expectation.expectedAtMs, asked)) {
      change(expectation, (totals) => withCompared(totals, each));
    }
    const isOfThen = isWithin(expectation.expectedAtMs, asked);
    for (const line of lines) {
      if (!isLineAskedFor(line, asked)) continue;
      const of = isOfThen ? 'settledOfThen' : 'settledOfOtherTimes';
      change(ofLine(line), (totals) => ({
        settled: plusLine(totals.settled, line),
        [of]: plusLine(totals[of], line),
      }));
    }
  }
  for (const line of unexpected) {
    if (!isLineAskedFor(line, asked)) continue;
    const { kind } = line.row;
    change(ofLine(line), (totals) =>
      kind === 'payout'
        ? { paidOut: plusLine(totals.paidOut, line) }
        : {
            settled: plusLine(totals.settled, line),
            unexpectedByKind: plus(totals.unexpectedByKind, kind, (sum = noneSettled) =>
              plusLine(sum, line),
            ),
          },
    );
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, totals]) => totals);
};

const ofLine = ({ connectorAccountId, row }: SettledLine) => ({
  connectorAccountId,
  currency: row.currency,
});

const none: Sum = { count: 0, gross: 0n };
const noneExpected: ExpectedSum = { ...none, fee: 0n };
const noneSettled: SettledSum = { ...none, fee: 0n, net: 0n };

const nothing = (connectorAccountId: Uuid, currency: string): SettlementTotals => ({
  connectorAccountId,
  currency,
  expected: noneExpected,
  expectedByKind: new Map(),
  asExpected: none,
  different: { ...none, settled: 0n },
  open: { ...none, oldestValueDate: null },
  settled: noneSettled,
  settledOfThen: noneSettled,
  settledOfOtherTimes: noneSettled,
  unexpectedByKind: new Map(),
  paidOut: noneSettled,
});

const withCompared = (totals: SettlementTotals, each: Compared): Partial<SettlementTotals> => {
  const { expectation, lines, settled } = each;
  const expected = {
    expected: plusExpected(totals.expected, expectation),
    expectedByKind: plus(totals.expectedByKind, expectation.kind, (sum = noneExpected) =>
      plusExpected(sum, expectation),
    ),
  };
  const { gross } = expectation;
  if (lines.length === 0) {
    const { oldestValueDate: oldest } = totals.open;
    const { valueDate } = expectation;
    const oldestValueDate = oldest !== null && oldest < valueDate ? oldest : valueDate;
    return { ...expected, open: { ...plusOne(totals.open, gross), oldestValueDate } };
  }
  if (isMet(each)) return { ...expected, asExpected: plusOne(totals.asExpected, gross) };
  const different = {
    ...plusOne(totals.different, gross),
    settled: totals.different.settled + settled,
  };
  return { ...expected, different };
};

const plusOne = (sum: Sum, gross: bigint): Sum => ({
  count: sum.count + 1,
  gross: sum.gross + gross,
});

const plusExpected = (sum: ExpectedSum, { gross, cost }: KnownExpectation): ExpectedSum => ({
  ...plusOne(sum, gross),
  fee: sum.fee === null || cost === null ? null : sum.fee + cost.amount,
});

const plusLine = (sum: SettledSum, { row }: SettledLine): SettledSum => ({
  ...plusOne(sum, row.gross),
  fee: sum.fee + row.fee,
  net: sum.net + row.net,
});

const plus = <Name, Of>(
  sums: ReadonlyMap<Name, Of>,
  name: Name,
  changed: (sum: Of | undefined) => Of,
): ReadonlyMap<Name, Of> => new Map(sums).set(name, changed(sums.get(name)));
