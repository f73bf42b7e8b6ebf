import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findById,
  leaseDue,
  ownRows,
  rank,
  readOwn,
  spellTime,
  statement,
  writeRows,
  writing,
} from '#platform/db';
import type { Operation } from '#rails/operations';
import type { SettlementRow } from './settlement-line.ts';
import { endingTry, explaining, type Tried, WAITING } from './try-rows.ts';

const lineStates = { waiting: WAITING, fits: 2, fits_nothing: 3, no_operation: 4 } as const;
export type LineState = keyof typeof lineStates;

export type StoredLine = {
  readonly id: Uuid;
  readonly connectorAccountId: Uuid;
  readonly row: SettlementRow;
  readonly receivedAtMs: number;
  readonly state: LineState;
  readonly tries: number;
  readonly explanation: string | null;
};

// A provider may tell the same twice: it stands there once, and that is no reason to lose the page.
const insertRow = writeRows({
  name: 'settlement_lines.insert',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    connector_account_id: 'uuid',
    key: 'text',
    kind: 'text',
    batch: 'text',
    line: 'json',
    received_at: 'timestamptz',
    state: 'smallint',
    due_at: 'timestamptz',
  },
  key: 'id',
  rank: rank.insert,
  text: (given) => `with told as (
  select * from ${given}
), taken as (
  insert into rails.settlement_lines (account_id, livemode, id, connector_account_id, key, kind, batch,
                                      line, received_at, state, due_at)
  select * from told on conflict do nothing
)
select id::text as key from told`,
});

export const insertLine = writing(
  insertRow,
  (scope, line: Omit<StoredLine, 'tries' | 'explanation'>) => [
    scope.accountId,
    scope.livemode,
    line.id,
    line.connectorAccountId,
    line.row.key,
    line.row.kind,
    line.row.batch,
    JSON.stringify(line.row, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
    spellTime(line.receivedAtMs),
    lineStates[line.state],
    line.state === 'waiting' ? spellTime(line.receivedAtMs) : null,
  ],
);

const endTry = endingTry({ name: 'settlement_lines.update', table: 'rails.settlement_lines' });

export const endLine = (scope: Scope, line: Tried, state: Exclude<LineState, 'waiting'>): Write =>
  endTry(scope, line, lineStates[state], null);

export const explainLine = explaining({
  name: 'settlement_lines.explain',
  text: (given) => `update rails.settlement_lines l
   set explanation = given.explanation, explained_at = given.explained_at
  from ${given}
 where l.account_id = given.account_id and l.livemode = given.livemode and l.id = given.id
   and l.state = ${lineStates.fits_nothing} and l.explanation is null
returning l.id::text as key`,
});

/** What lines name an operation by. */
export type NamedByLine = Pick<Operation, 'connectorAccountId' | 'reference'> & {
  /** Of lines about such operations. */
  readonly lineKind: SettlementRow['kind'];
  /** Counts where a line has no reference of ours. */
  readonly providerId: string | null;
};

// There may be no such line.
const hearAgainRow = writeRows({
  name: 'settlement_lines.hear_again',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    connector_account_id: 'uuid',
    kind: 'text',
    reference: 'text',
    provider_id: 'text',
    due_at: 'timestamptz',
  },
  key: 'reference',
  rank: rank.update,
  text: (given) => `with heard as (
  update rails.settlement_lines l
     set state = ${lineStates.waiting}, due_at = given.due_at
    from ${given} cross join lateral rails.lines_that_fit_nothing(
           given.account_id, given.livemode, given.connector_account_id, given.kind, given.reference,
           given.provider_id) as named(id)
   where l.account_id = given.account_id and l.livemode = given.livemode and l.id = named.id
     and l.state = ${lineStates.fits_nothing} and l.explanation is null
)
select given.reference as key from ${given}`,
});

/** Those that fitted nothing and that nobody has explained. */
export const hearLinesAgain = writing(
  hearAgainRow,
  (scope, { named, atMs }: { readonly named: NamedByLine; readonly atMs: number }) => [
    scope.accountId,
    scope.livemode,
    named.connectorAccountId,
    named.lineKind,
    named.reference,
    named.providerId,
    spellTime(atMs),
  ],
);

const findWaiting = statement(
  'settlement_lines.waiting',
  `select 1 as waiting from rails.settlement_lines
    where ${ownRows} and due_at is not null and connector_account_id = $3 and kind = $4
      and (line->>'reference' = $5 or (line->>'reference' is null and line->>'providerId' = $6))
    limit 1`,
);

/** Whether a provider says of it that it moved, and that has not counted yet. */
export const isLineWaiting = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  named: NamedByLine,
): Promise<boolean> => {
  const { connectorAccountId, lineKind, reference, providerId } = named;
  const of = [connectorAccountId, lineKind, reference, providerId];
  return (await readOwn(context, scope, findWaiting, of)).length > 0;
};

type LineRow = Row & {
  readonly id: Uuid;
  readonly connector_account_id: Uuid;
  readonly line: StoredJson;
  readonly received_at: number;
  readonly state: number;
  readonly tries: number;
  readonly explanation: string | null;
};
type Asked = NonNullable<SettlementRow['asked']>;
type StoredJson = Omit<SettlementRow, 'gross' | 'fee' | 'net' | 'asked'> &
  Readonly<Record<'gross' | 'fee' | 'net', string>> & {
    readonly asked?: Omit<Asked, 'amount'> & { readonly amount: string };
  };

const fromRow = (row: LineRow): StoredLine => {
  const { gross, fee, net, asked, ...rest } = row.line;
  return {
    id: row.id,
    connectorAccountId: row.connector_account_id,
    row: {
      ...rest,
      gross: BigInt(gross),
      fee: BigInt(fee),
      net: BigInt(net),
      ...(asked === undefined ? {} : { asked: { ...asked, amount: BigInt(asked.amount) } }),
    },
    receivedAtMs: row.received_at,
    state: stateNames[row.state] ?? 'waiting',
    tries: row.tries,
    explanation: row.explanation,
  };
};

const stateNames = Object.fromEntries(
  Object.entries(lineStates).map(([name, number]) => [number, name as LineState]),
);

const columns = 'id, connector_account_id, line, received_at, state, tries, explanation';

export const loadLine = findById({
  name: 'settlement_lines.find',
  select: columns,
  from: 'rails.settlement_lines',
  fromRow,
});

const list = statement(
  'settlement_lines.list',
  `select ${columns} from rails.settlement_lines
    where ${ownRows} and (not $3 or (state = ${lineStates.fits_nothing} and explanation is null))
    order by id desc limit $4`,
);

/** Newest first. */
export const listLines = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  { onlyForPerson, limit }: { readonly onlyForPerson: boolean; readonly limit: number },
): Promise<StoredLine[]> =>
  (await readOwn<LineRow>(context, scope, list, [onlyForPerson, limit])).map(fromRow);

export const leaseLines = leaseDue(
  'settlement_lines.lease',
  'select * from rails.lease_settlement_lines($1::timestamptz, $2, $3)',
);

const page = statement(
  'settlement_lines.page',
  `select ${columns} from rails.settlement_lines
    where ${ownRows} and ($3::uuid is null or id > $3) order by id limit $4`,
);
const PAGE = 2_000;

/** All there are, oldest first. */
export async function* allLines(
  context: Pick<Context, 'database'>,
  scope: Scope,
): AsyncGenerator<StoredLine> {
  let last: Uuid | null = null;
  for (;;) {
    const rows: LineRow[] = await readOwn<LineRow>(context, scope, page, [last, PAGE]);
    for (const row of rows) yield fromRow(row);
    last = rows.at(-1)?.id ?? null;
    if (rows.length < PAGE) return;
  }
}
