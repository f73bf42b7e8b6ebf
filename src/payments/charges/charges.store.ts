import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import type { Charge, ChargeStatus } from './charge.ts';

const statusCodes = { pending: 1, succeeded: 2, failed: 3 } as const;
const statusOf = new Map<number, ChargeStatus>(
  Object.entries(statusCodes).map(([status, code]) => [code, status as ChargeStatus]),
);

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  events: 'integer',
  intent_id: 'uuid',
  attempt: 'integer',
  status: 'smallint',
  currency: 'text',
  amount: 'bigint',
  captured: 'bigint',
  capturing: 'bigint',
  refunded: 'bigint',
  refunding: 'bigint',
  charged_back: 'bigint',
  customer_id: 'uuid',
  operation_id: 'uuid',
  connector_account_id: 'uuid',
  metadata: 'jsonb',
  details: 'json',
} as const;

const insertChargeRow = insertRows({
  name: 'charges.insert',
  table: 'payments.charges',
  columns: types,
  key: 'id',
  rank: rank.insert,
  orNothing: true,
});

// Only from the version that was read: whoever comes second reads again and decides again.
const updateChargeRow = writeRows({
  name: 'charges.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update payments.charges c
   set version = given.version, events = given.events, attempt = given.attempt,
       status = given.status, amount = given.amount, captured = given.captured,
       capturing = given.capturing, refunded = given.refunded, refunding = given.refunding,
       charged_back = given.charged_back,
       customer_id = given.customer_id, operation_id = given.operation_id,
       connector_account_id = given.connector_account_id, metadata = given.metadata,
       details = given.details
  from ${given}
 where c.account_id = given.account_id and c.livemode = given.livemode and c.id = given.id
   and c.version = given.version - 1
returning c.id::text as key`,
});

const toRow = (scope: Scope, charge: Charge): unknown[] => {
  const { id, version, events, intentId, attempt, status, currency, amount, captured } = charge;
  const {
    capturing,
    refunded,
    refunding,
    chargedBack,
    customerId,
    operationId,
    connectorAccountId,
  } = charge;
  const { metadata, ...rest } = charge;
  const details = Object.fromEntries(
    Object.entries(rest).filter(([name]) => !columnNames.has(name)),
  );
  return [
    scope.accountId,
    scope.livemode,
    id,
    version,
    events,
    intentId,
    attempt,
    statusCodes[status],
    currency,
    amount,
    captured,
    capturing,
    refunded,
    refunding,
    chargedBack,
    customerId,
    operationId,
    connectorAccountId,
    JSON.stringify(metadata),
    JSON.stringify(details),
  ];
};

type Columns = Pick<
  Charge,
  | 'id'
  | 'version'
  | 'events'
  | 'intentId'
  | 'attempt'
  | 'status'
  | 'currency'
  | 'amount'
  | 'captured'
  | 'capturing'
  | 'refunded'
  | 'refunding'
  | 'chargedBack'
  | 'customerId'
  | 'operationId'
  | 'connectorAccountId'
>;

const columnNames: ReadonlySet<string> = new Set<keyof Columns>([
  'id',
  'version',
  'events',
  'intentId',
  'attempt',
  'status',
  'currency',
  'amount',
  'captured',
  'capturing',
  'refunded',
  'refunding',
  'chargedBack',
  'customerId',
  'operationId',
  'connectorAccountId',
]);

type ChargeRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly events: number;
  readonly intent_id: Uuid;
  readonly attempt: number;
  readonly status: number;
  readonly currency: string;
  readonly amount: bigint;
  readonly captured: bigint;
  readonly capturing: bigint;
  readonly refunded: bigint;
  readonly refunding: bigint;
  readonly charged_back: bigint;
  readonly customer_id: Uuid | null;
  readonly operation_id: Uuid | null;
  readonly connector_account_id: Uuid;
  readonly metadata: Readonly<Record<string, string>>;
  readonly details: Omit<Charge, keyof Columns | 'metadata'>;
};

const fromRow = (row: ChargeRow): Charge => ({
  id: row.id,
  version: row.version,
  events: row.events,
  intentId: row.intent_id,
  attempt: row.attempt,
  status: statusOf.get(row.status) ?? 'pending',
  currency: row.currency,
  amount: row.amount,
  captured: row.captured,
  capturing: row.capturing,
  refunded: row.refunded,
  refunding: row.refunding,
  chargedBack: row.charged_back,
  customerId: row.customer_id,
  operationId: row.operation_id,
  connectorAccountId: row.connector_account_id,
  metadata: row.metadata,
  ...row.details,
});

export const insertCharge = (scope: Scope, charge: Charge): Write => ({
  into: insertChargeRow,
  row: toRow(scope, charge),
});

/** `charge.version` is the new one. */
export const updateCharge = (scope: Scope, charge: Charge): Write => ({
  into: updateChargeRow,
  row: toRow(scope, charge),
});

const columns = Object.keys(types).slice(2).join(', ');
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'charges.find',
  `select ${columns} from payments.charges where ${ownRows} and id = any($3::uuid[])`,
);

export const loadCharges = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, Charge>> => {
  const rows = await context.database.read<ChargeRow>(scope, findMany, [
    scope.accountId,
    scope.livemode,
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const loadCharge = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Charge | undefined> => (await loadCharges(context, scope, [id])).get(id);

const findOfIntent = statement(
  'charges.of_intent',
  `select ${columns} from payments.charges where ${ownRows} and intent_id = $3 order by attempt`,
);

export const loadChargesOfIntent = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<Charge[]> => {
  const of = [scope.accountId, scope.livemode, intentId];
  return (await context.database.read<ChargeRow>(scope, findOfIntent, of)).map(fromRow);
};

export type ChargeFilter = {
  readonly direction: 'older' | 'newer';
  /** Exclusive; null is the end from which the direction starts. */
  readonly from: Uuid | null;
  readonly idFrom: Uuid;
  readonly idBefore: Uuid;
  readonly customerId: Uuid | null;
  readonly intentId: Uuid | null;
  readonly transferGroup: string | null;
  readonly limit: number;
};

const listIn = (direction: 'older' | 'newer') =>
  statement(
    `charges.list_${direction}`,
    `select ${columns} from payments.charges
      where ${ownRows}
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and id >= $4::uuid and id < $5::uuid
        and ($6::uuid is null or customer_id = $6)
        and ($7::uuid is null or intent_id = $7)
        and ($8::text is null or details->>'transferGroup' = $8)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $9`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

/** In the order of the direction: the caller turns a page of newer ones round. */
export const listCharges = async (
  context: Context,
  scope: Scope,
  filter: ChargeFilter,
): Promise<Charge[]> => {
  const rows = await context.database.read<ChargeRow>(scope, listing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.from,
    filter.idFrom,
    filter.idBefore,
    filter.customerId,
    filter.intentId,
    filter.transferGroup,
    filter.limit,
  ]);
  return rows.map(fromRow);
};

/** A condition of the caller's, as text of ours with values of theirs. */
type Condition = (firstParameter: number) => {
  readonly text: string;
  readonly values: readonly unknown[];
};

export const searchRows = async (
  context: Context,
  scope: Scope,
  search: { readonly condition: Condition; readonly from: Uuid | null; readonly limit: number },
): Promise<Charge[]> => {
  const { text, values } = search.condition(5);
  // Unnamed: each query has a text of its own, and prepared statements are kept for ever.
  const found = statement(
    '',
    `select ${columns} from payments.charges
      where ${ownRows} and ($3::uuid is null or id < $3) and (${text})
      order by id desc limit $4`,
  );
  const rows = await context.database.read<ChargeRow>(scope, found, [
    scope.accountId,
    scope.livemode,
    search.from,
    search.limit,
    ...values,
  ]);
  return rows.map(fromRow);
};

export const countFound = async (
  context: Context,
  scope: Scope,
  condition: Condition,
): Promise<number> => {
  const { text, values } = condition(3);
  const count = statement(
    '',
    `select count(*)::integer as count from payments.charges where ${ownRows} and (${text})`,
  );
  const [row] = await context.database.read<{ count: number }>(scope, count, [
    scope.accountId,
    scope.livemode,
    ...values,
  ]);
  return row?.count ?? 0;
};
