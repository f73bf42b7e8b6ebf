// What was expected, held against what providers say they settled: each expectation with the lines that meet it, and
// each line that nothing expected. It is worked out anew whenever somebody asks, and writes nothing.

import { allExpectations, type ExpectationKind, type KnownExpectation } from '#books/expectations';
import type { Context, Scope } from '#kit/context';
import { loadCapturesOf } from '#rails/operations';
import { operationNamedBy } from './hear-of-settlements.ts';
import { operationsOf, type SettlementRow } from './settlement-line.ts';
import { allLines, type StoredLine } from './settlement-lines.store.ts';

/** Without what its provider wrote there, which is most of it. */
export type SettledLine = Pick<
  StoredLine,
  'id' | 'connectorAccountId' | 'state' | 'explanation'
> & {
  readonly row: Omit<SettlementRow, 'raw'>;
};

export type Compared = {
  readonly expectation: KnownExpectation;
  /** None: it is open. */
  readonly lines: readonly SettledLine[];
  /** By those lines, in the currency of what was expected. */
  readonly settled: bigint;
};

export type Comparison = {
  readonly compared: readonly Compared[];
  readonly unexpected: readonly SettledLine[];
};

/**
 * Lines are read first: of what comes meanwhile an expectation may be shown as open that has just been met, and no
 * line as strange that has just been expected.
 */
export const compareSettlements = async (context: Context, scope: Scope): Promise<Comparison> => {
  const lines: SettledLine[] = [];
  for await (const line of allLines(context, scope)) lines.push(withoutRaw(line));
  const groups = new Map<string, Group>();
  for await (const expectation of allExpectations(context, scope)) {
    const name = nameOf(expectation.connectorAccountId, expectation.kind, expectation);
    const known = groups.get(name);
    if (known === undefined) groups.set(name, { expectations: [expectation], lines: [] });
    else known.expectations.push(expectation);
  }
  const strays = lines.filter((line) => !place(groups, line, [nameIn(line.row)]));
  const unexpected = await placeByOperations(context, scope, groups, strays);
  const compared: Compared[] = [];
  for (const group of groups.values()) {
    const left = meet(group, compared);
    unexpected.push(...left);
  }
  return { compared, unexpected };
};

const withoutRaw = ({
  id,
  connectorAccountId,
  state,
  explanation,
  row,
}: StoredLine): SettledLine => {
  const { raw: _, ...rest } = row;
  return { id, connectorAccountId, state, explanation, row: rest };
};

/** What goes by one name, and may have several parts. */
type Group = { readonly expectations: KnownExpectation[]; readonly lines: SettledLine[] };

const nameOf = (
  connectorAccountId: string,
  kind: ExpectationKind,
  { reference, currency }: { readonly reference: string; readonly currency: string },
): string => [connectorAccountId, kind, currency, reference].join(' ');

/** A payment that was taken back is expected as a refund of it. What is not here nobody expects. */
const expectedAs: Readonly<Partial<Record<SettlementRow['kind'], ExpectationKind>>> = {
  payment: 'payment',
  refund: 'refund',
  payment_reversal: 'refund',
  refund_failure: 'refund_failure',
  chargeback: 'chargeback',
  chargeback_reversal: 'chargeback_reversal',
};

/** A dispute goes by its provider's name of it, since one payment may have several; all else by ours. */
const nameIn = ({ kind, reference, providerId }: SettledLine['row']): string | null =>
  kind === 'chargeback' || kind === 'chargeback_reversal' ? providerId : reference;

/** As it was asked for, where it was settled in another currency. */
const toldBy = ({ gross, currency, asked }: SettledLine['row']) => ({
  amount: asked === undefined ? gross : gross < 0n ? -asked.amount : asked.amount,
  currency: asked?.currency ?? currency,
});

/** Whether one of the names is of something expected. Of several that is taken which lacks just this amount. */
const place = (
  groups: ReadonlyMap<string, Group>,
  line: SettledLine,
  references: readonly (string | null)[],
): boolean => {
  const kind = expectedAs[line.row.kind];
  if (kind === undefined) return false;
  const { amount, currency } = toldBy(line.row);
  const found = references.flatMap((reference) => {
    if (reference === null) return [];
    return groups.get(nameOf(line.connectorAccountId, kind, { reference, currency })) ?? [];
  });
  const lacking = found.filter(({ expectations, lines }) => expectations.length > lines.length);
  const group =
    lacking.find(({ expectations }) => expectations.some(({ gross }) => gross === amount)) ??
    lacking[0] ??
    found[0];
  group?.lines.push(line);
  return group !== undefined;
};

const AT_ONCE = 500;

/**
 * What a line names may have moved under another reference: a capture has one of its own. And a line may have a name of
 * the provider's alone. Gives back what is of nothing expected.
 */
const placeByOperations = async (
  context: Context,
  scope: Scope,
  groups: ReadonlyMap<string, Group>,
  strays: readonly SettledLine[],
): Promise<SettledLine[]> => {
  const unexpected: SettledLine[] = [];
  for (let from = 0; from < strays.length; from += AT_ONCE) {
    const some = strays.slice(from, from + AT_ONCE);
    const named = await Promise.all(some.map((line) => referenceOf(context, scope, line)));
    const known = named.filter((reference) => reference !== null);
    const captures = await loadCapturesOf(context, scope, known);
    for (const [at, line] of some.entries()) {
      const reference = named[at] ?? null;
      const references = reference === null ? [] : [reference, ...(captures.get(reference) ?? [])];
      if (!place(groups, line, references)) unexpected.push(line);
    }
  }
  return unexpected;
};

/** What fits nothing was looked for when it came. */
const referenceOf = async (
  context: Context,
  scope: Scope,
  line: SettledLine,
): Promise<string | null> => {
  const { row, state, connectorAccountId } = line;
  if (operationsOf[row.kind] === undefined || state === 'fits_nothing') return null;
  if (row.reference !== null) return row.reference;
  return (await operationNamedBy(context, scope, { connectorAccountId, row }))?.reference ?? null;
};

/** First what is as expected, then in the order in which it came. Gives back the lines that are left over. */
const meet = ({ expectations, lines }: Group, compared: Compared[]): readonly SettledLine[] => {
  let left: readonly SettledLine[] = lines;
  const others: KnownExpectation[] = [];
  for (const expectation of expectations) {
    const line = left.find(({ row }) => toldBy(row).amount === expectation.gross);
    if (line === undefined) {
      others.push(expectation);
      continue;
    }
    left = left.filter((each) => each !== line);
    compared.push({ expectation, lines: [line], settled: expectation.gross });
  }
  for (const [at, expectation] of others.entries()) {
    // The last takes all of them: a provider may settle in pieces.
    const taken = at === others.length - 1 ? left : left.slice(0, 1);
    left = left.slice(taken.length);
    const settled = taken.reduce((sum, { row }) => sum + toldBy(row).amount, 0n);
    compared.push({ expectation, lines: taken, settled });
  }
  return left;
};
