// How the totals of settlements look: one block for an account at a provider and a currency, in which each group adds up
// to the line above it.

import { formatAmount, namedAmount } from '#books/currencies';
import { spellId } from '#kit/ids';
import {
  CONNECTOR_ACCOUNT,
  type Compared,
  SETTLEMENT_LINE,
  type SettledSum,
  type SettlementTotals,
} from '#rails/connectors';
import { paint } from './say.ts';

type Cells = readonly [
  name: string,
  count: string,
  gross: string,
  fees: string,
  net: string,
  note: string,
];

export const totalsLines = (totals: SettlementTotals, nowMs: number): readonly string[] => {
  const { connectorAccountId, currency, expected, asExpected, different, open, paidOut } = totals;
  const money = (amount: bigint): string => formatAmount(amount, currency);
  const row = (
    name: string,
    { count, gross }: { readonly count: number; readonly gross: bigint },
    note = '',
  ): Cells => [name, String(count), money(gross), '', '', note];
  const expectedRow = (name: string, sum: SettlementTotals['expected']): Cells => [
    name,
    String(sum.count),
    money(sum.gross),
    sum.fee === null ? 'not known' : money(sum.fee),
    sum.fee === null ? 'not known' : money(sum.gross - sum.fee),
    '',
  ];
  const settledRow = (name: string, sum: SettledSum): Cells => [
    name,
    String(sum.count),
    money(sum.gross),
    money(sum.fee),
    money(sum.net),
    '',
  ];
  const some = (rows: readonly Cells[]): readonly Cells[] =>
    rows.filter(([, count]) => count !== '0');
  const rows: readonly Cells[] = [
    ['', 'count', 'gross', 'fees', 'net', ''],
    expectedRow('expected', expected),
    ...[...totals.expectedByKind].map(([kind, sum]) => expectedRow(`  ${spelled(kind)}`, sum)),
    ['of these', '', '', '', '', ''],
    row('  settled as expected', asExpected),
    row(
      '  settled differently',
      different,
      different.count === 0 ? '' : `settled: ${money(different.settled)}`,
    ),
    row(
      '  open',
      open,
      open.oldestValueDate === null ? '' : `the oldest ${dueBy(open.oldestValueDate, nowMs)}`,
    ),
    settledRow('settled', totals.settled),
    ...some([
      settledRow('  of what was expected then', totals.settledOfThen),
      settledRow('  of what was expected at other times', totals.settledOfOtherTimes),
      ...[...totals.unexpectedByKind].map(([kind, sum]) =>
        settledRow(`  not expected: ${spelled(kind)}`, sum),
      ),
    ]),
    ...some([settledRow('paid out', paidOut)]),
  ];
  return [
    `${spellId(CONNECTOR_ACCOUNT, connectorAccountId)}  ${paint.bold(currency)}`,
    ...inTable(rows),
  ];
};

const inTable = (rows: readonly Cells[]): readonly string[] => {
  const widths = [0, 1, 2, 3, 4].map((at) =>
    Math.max(...rows.map((cells) => (cells[at] ?? '').length)),
  );
  return rows.map(([name, ...cells]) => {
    const numbers = cells.slice(0, 4).map((cell, at) => cell.padStart(widths[at + 1] ?? 0));
    return [name.padEnd(widths[0] ?? 0), ...numbers, cells[4]].join('  ').trimEnd();
  });
};

const spelled = (kind: string): string => kind.replaceAll('_', ' ');

export const openLine = ({ expectation }: Compared, nowMs: number): string =>
  [
    ...namedBy({ expectation }),
    namedAmount(expectation.gross, expectation.currency).padStart(14),
    dueBy(expectation.valueDate, nowMs),
  ].join('  ');

export const differentLine = ({ expectation, lines, settled }: Compared): string =>
  [
    ...namedBy({ expectation }),
    namedAmount(expectation.gross, expectation.currency).padStart(14),
    `settled: ${namedAmount(settled, expectation.currency)}`,
    ...lines.map(({ id }) => spellId(SETTLEMENT_LINE, id)),
  ].join('  ');

const namedBy = ({ expectation }: Pick<Compared, 'expectation'>): readonly string[] => [
  new Date(expectation.expectedAtMs).toISOString().slice(0, 10),
  spellId(CONNECTOR_ACCOUNT, expectation.connectorAccountId),
  expectation.reference,
  spelled(expectation.kind),
];

const DAY_MS = 86_400_000;

/** How old it is: since the bank day on which it should have come. */
const dueBy = (valueDate: string, nowMs: number): string => {
  const days = Math.floor(nowMs / DAY_MS) - Math.floor(Date.parse(valueDate) / DAY_MS);
  if (days <= 0) return `due ${valueDate}`;
  return `due ${valueDate}, ${days === 1 ? '1 day' : `${days} days`} late`;
};
