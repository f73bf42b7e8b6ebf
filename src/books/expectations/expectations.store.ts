import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { rank, statement, writeRows } from '#platform/db';
import {
  type Expectation,
  type ExpectationKind,
  type ExpectationState,
  expectationKinds,
  expectationStates,
} from './expectation.ts';

/** Written with the capture, refund or dispute that makes it true. A second of the same loses. */
export const expectation = (scope: Scope, expected: Expectation): Write => ({
  into: insertExpectation,
  row: [
    [
      scope.accountId,
      scope.livemode,
      expected.connectorAccountId,
      expectationKinds[expected.kind],
      expected.currency,
      expected.part ?? 0,
      expected.reference,
    ].join(' '),
    scope.accountId,
    scope.livemode,
    expected.connectorAccountId,
    expected.reference,
    expectationKinds[expected.kind],
    expected.currency,
    expected.part ?? 0,
    expected.expectedAtMs,
    expected.gross,
    expected.cost?.amount ?? null,
    expected.cost?.rules ?? null,
    expected.valueDate,
  ],
});

// Its key is several columns, so the row brings them along as one text by which a loser is told.
const insertExpectation = writeRows({
  name: 'expectations.insert',
  columns: {
    key: 'text',
    account_id: 'uuid',
    livemode: 'boolean',
    connector_account_id: 'uuid',
    reference: 'text',
    kind: 'smallint',
    currency: 'text',
    part: 'smallint',
    expected_at: 'timestamptz',
    gross: 'bigint',
    cost: 'bigint',
    cost_rules: 'integer',
    value_date: 'date',
  },
  key: 'key',
  rank: rank.insert,
  losesByConflict: true,
  text: (given) => `insert into books.expectations
       (account_id, livemode, connector_account_id, reference, kind, currency, part, expected_at,
        gross, cost, cost_rules, value_date)
select account_id, livemode, connector_account_id, reference, kind, currency, part, expected_at,
       gross, cost, cost_rules, value_date
  from ${given}
on conflict do nothing
returning concat_ws(' ', account_id, livemode::text, connector_account_id, kind, currency, part, reference) as key`,
});

export type KnownExpectation = Expectation & { readonly state: ExpectationState };

type ExpectationRow = Row & {
  readonly connector_account_id: Uuid;
  readonly reference: string;
  readonly kind: number;
  readonly currency: string;
  readonly part: number;
  readonly gross: bigint;
  readonly cost: bigint | null;
  readonly cost_rules: number | null;
  readonly expected_at: number;
  readonly value_date: string;
  readonly state: number;
};

const nameIn = <T extends string>(codes: Readonly<Record<T, number>>, code: number): T =>
  (Object.keys(codes) as T[]).find((name) => codes[name] === code) as T;

const fromRow = (row: ExpectationRow): KnownExpectation => ({
  connectorAccountId: row.connector_account_id,
  reference: row.reference,
  kind: nameIn<ExpectationKind>(expectationKinds, row.kind),
  currency: row.currency,
  part: row.part,
  gross: row.gross,
  cost: row.cost === null ? null : { amount: row.cost, rules: row.cost_rules ?? 0 },
  expectedAtMs: row.expected_at,
  valueDate: row.value_date,
  state: nameIn<ExpectationState>(expectationStates, row.state),
});

const columns = `connector_account_id, reference, kind, currency, part, gross, cost, cost_rules,
         expected_at, value_date::text as value_date, state`;

const ofReferences = statement(
  'expectations.of_references',
  `select ${columns} from books.expectations
    where account_id = $1 and livemode = $2 and connector_account_id = $3 and reference = any($4::text[])
    order by kind, currency, part`,
);

export const loadExpectationsOf = (
  context: Context,
  scope: Scope,
  {
    connectorAccountId,
    reference,
  }: { readonly connectorAccountId: Uuid; readonly reference: string },
): Promise<KnownExpectation[]> =>
  loadExpectationsOfAll(context, scope, { connectorAccountId, references: [reference] });

/** Of operations at one account of a provider, however many. */
export const loadExpectationsOfAll = async (
  context: Context,
  scope: Scope,
  of: { readonly connectorAccountId: Uuid; readonly references: readonly string[] },
): Promise<KnownExpectation[]> => {
  const rows = await context.database.read<ExpectationRow>(scope, ofReferences, [
    scope.accountId,
    scope.livemode,
    of.connectorAccountId,
    of.references,
  ]);
  return rows.map(fromRow);
};

// As they stand in their key: a page begins behind the last of the page before.
const page = statement(
  'expectations.page',
  `select ${columns} from books.expectations
    where account_id = $1 and livemode = $2
      and ($3::uuid is null
           or (connector_account_id, reference, kind, currency, part) > ($3, $4::text, $5::smallint, $6::text, $7::smallint))
    order by connector_account_id, reference, kind, currency, part limit $8`,
);
const PAGE = 5_000;

/** All there are, those of one reference together. */
export async function* allExpectations(
  context: Pick<Context, 'database'>,
  scope: Scope,
): AsyncGenerator<KnownExpectation> {
  let last: ExpectationRow | undefined;
  for (;;) {
    const rows: ExpectationRow[] = await context.database.read<ExpectationRow>(scope, page, [
      scope.accountId,
      scope.livemode,
      last?.connector_account_id ?? null,
      last?.reference ?? null,
      last?.kind ?? null,
      last?.currency ?? null,
      last?.part ?? null,
      PAGE,
    ]);
    for (const row of rows) yield fromRow(row);
    last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
  }
}
