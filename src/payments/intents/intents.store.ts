import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import { type IntentStatus, intentStatuses } from './intent-states.ts';
import type { PaymentIntent } from './payment-intent.ts';

const statusOf = new Map<number, IntentStatus>(
  Object.entries(intentStatuses).map(([status, code]) => [code, status as IntentStatus]),
);

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  events: 'integer',
  status: 'smallint',
  currency: 'text',
  amount: 'bigint',
  received: 'bigint',
  capturable: 'bigint',
  customer_id: 'uuid',
  latest_charge_id: 'uuid',
  order_reference: 'text',
  direct: 'boolean',
  due_at: 'timestamptz',
  metadata: 'jsonb',
  details: 'json',
} as const;

// An order that is registered already makes this one lose: the handler then finds the first.
const insertIntentRow = insertRows({
  name: 'intents.insert',
  table: 'payments.intents',
  columns: types,
  key: 'id',
  rank: rank.insert,
  orNothing: true,
});

// Only from the version that was read: whoever comes second reads again and decides again.
const updateIntentRow = writeRows({
  name: 'intents.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update payments.intents i
   set version = given.version, events = given.events, status = given.status,
       currency = given.currency, amount = given.amount, received = given.received,
       capturable = given.capturable, customer_id = given.customer_id,
       latest_charge_id = given.latest_charge_id, due_at = given.due_at,
       metadata = given.metadata, details = given.details
  from ${given}
 where i.account_id = given.account_id and i.livemode = given.livemode and i.id = given.id
   and i.version = given.version - 1
returning i.id::text as key`,
});

type Columns =
  | 'id'
  | 'version'
  | 'events'
  | 'status'
  | 'currency'
  | 'amount'
  | 'received'
  | 'capturable'
  | 'customerId'
  | 'latestChargeId'
  | 'orderReference'
  | 'isDirect'
  | 'dueAtMs'
  | 'metadata';

const toRow = (scope: Scope, intent: PaymentIntent): unknown[] => {
  const { id, version, events, status, currency, amount, received, capturable } = intent;
  const { customerId, latestChargeId, orderReference, isDirect, dueAtMs, metadata } = intent;
  const details: Partial<Record<keyof PaymentIntent, unknown>> = { ...intent };
  for (const name of columnNames) delete details[name];
  return [
    scope.accountId,
    scope.livemode,
    id,
    version,
    events,
    intentStatuses[status],
    currency,
    amount,
    received,
    capturable,
    customerId,
    latestChargeId,
    orderReference,
    isDirect,
    dueAtMs === null ? null : new Date(dueAtMs).toISOString(),
    JSON.stringify(metadata),
    JSON.stringify(details),
  ];
};

const columnNames: readonly Columns[] = [
  'id',
  'version',
  'events',
  'status',
  'currency',
  'amount',
  'received',
  'capturable',
  'customerId',
  'latestChargeId',
  'orderReference',
  'isDirect',
  'dueAtMs',
  'metadata',
];

type IntentRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly events: number;
  readonly status: number;
  readonly currency: string;
  readonly amount: bigint;
  readonly received: bigint;
  readonly capturable: bigint;
  readonly customer_id: Uuid | null;
  readonly latest_charge_id: Uuid | null;
  readonly order_reference: string | null;
  readonly direct: boolean;
  readonly due_at: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly details: Omit<PaymentIntent, Columns>;
};

const fromRow = (row: IntentRow): PaymentIntent => ({
  id: row.id,
  version: row.version,
  events: row.events,
  status: statusOf.get(row.status) ?? 'processing',
  currency: row.currency,
  amount: row.amount,
  received: row.received,
  capturable: row.capturable,
  customerId: row.customer_id,
  latestChargeId: row.latest_charge_id,
  orderReference: row.order_reference,
  isDirect: row.direct,
  dueAtMs: row.due_at,
  metadata: row.metadata,
  ...row.details,
});

export const insertIntent = (scope: Scope, intent: PaymentIntent): Write => ({
  into: insertIntentRow,
  row: toRow(scope, intent),
});

/** `intent.version` is the new one. */
export const updateIntent = (scope: Scope, intent: PaymentIntent): Write => ({
  into: updateIntentRow,
  row: toRow(scope, intent),
});

const columns = Object.keys(types).slice(2).join(', ');
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'intents.find',
  `select ${columns} from payments.intents where ${ownRows} and id = any($3::uuid[])`,
);

export const loadIntents = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, PaymentIntent>> => {
  const rows = await context.database.read<IntentRow>(scope, findMany, [
    scope.accountId,
    scope.livemode,
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const loadIntent = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<PaymentIntent | undefined> => (await loadIntents(context, scope, [id])).get(id);

const findByOrder = statement(
  'intents.find_by_order',
  `select ${columns} from payments.intents where ${ownRows} and order_reference = $3`,
);

export const loadIntentOfOrder = async (
  context: Context,
  scope: Scope,
  orderReference: string,
): Promise<PaymentIntent | undefined> => {
  const of = [scope.accountId, scope.livemode, orderReference];
  const [row] = await context.database.read<IntentRow>(scope, findByOrder, of);
  return row && fromRow(row);
};

export type IntentFilter = {
  readonly direction: 'older' | 'newer';
  /** Exclusive; null is the end from which the direction starts. */
  readonly from: Uuid | null;
  readonly idFrom: Uuid;
  readonly idBefore: Uuid;
  readonly customerId: Uuid | null;
  readonly limit: number;
};

const listIn = (direction: 'older' | 'newer') =>
  statement(
    `intents.list_${direction}`,
    `select ${columns} from payments.intents
      where ${ownRows} and not direct
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and id >= $4::uuid and id < $5::uuid
        and ($6::uuid is null or customer_id = $6)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $7`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

/** In the order of the direction: the caller turns a page of newer ones round. */
export const listIntents = async (
  context: Context,
  scope: Scope,
  filter: IntentFilter,
): Promise<PaymentIntent[]> => {
  const rows = await context.database.read<IntentRow>(scope, listing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.from,
    filter.idFrom,
    filter.idBefore,
    filter.customerId,
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
): Promise<PaymentIntent[]> => {
  const { text, values } = search.condition(5);
  // Unnamed: each query has a text of its own, and prepared statements are kept for ever.
  const found = statement(
    '',
    `select ${columns} from payments.intents
      where ${ownRows} and not direct and ($3::uuid is null or id < $3) and (${text})
      order by id desc limit $4`,
  );
  const rows = await context.database.read<IntentRow>(scope, found, [
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
    `select count(*)::integer as count from payments.intents where ${ownRows} and not direct and (${text})`,
  );
  const [row] = await context.database.read<{ count: number }>(scope, count, [
    scope.accountId,
    scope.livemode,
    ...values,
  ]);
  return row?.count ?? 0;
};

const dueIntents = statement(
  'intents.due',
  'select * from payments.due_intents($1::timestamptz, $2)',
);

export const loadDue = async (
  tx: Tx,
  nowMs: number,
  atMost: number,
): Promise<{ scope: Scope; id: Uuid }[]> => {
  const rows = await tx.query<{ account_id: Uuid; livemode: boolean; id: Uuid }>(dueIntents, [
    new Date(nowMs).toISOString(),
    atMost,
  ]);
  return rows.map((row) => ({
    scope: { accountId: row.account_id, livemode: row.livemode },
    id: row.id,
  }));
};
