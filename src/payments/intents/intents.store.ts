import type { Context, Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findByIds,
  findDue,
  insertRows,
  listPages,
  type MadeWithin,
  madeWithin,
  namesByCode,
  oneOf,
  ownRows,
  type PageOfRows,
  rank,
  readOwn,
  searchIn,
  statement,
  updateRows,
  writing,
} from '#platform/db';
import { type IntentStatus, intentStatuses } from './intent-states.ts';
import { leanIntent } from './lean-intent.ts';
import type { PaymentIntent } from './payment-intent.ts';

const statusOf = namesByCode(intentStatuses);

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
  aside: 'smallint',
} as const;

// Its id is drawn as it is made: there is no other.
const insertIntentRow = insertRows({
  name: 'intents.insert',
  table: 'payments.intents',
  columns: types,
  key: 'id',
  rank: rank.insert,
});

const updateIntentRow = updateRows({
  name: 'intents.update',
  table: 'payments.intents',
  columns: types,
  set: [
    'events',
    'status',
    'currency',
    'amount',
    'received',
    'capturable',
    'customer_id',
    'latest_charge_id',
    'due_at',
    'metadata',
    'details',
    'aside',
  ],
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
    dueAtMs,
    JSON.stringify(metadata),
    JSON.stringify(leanIntent.pack(intent, columnNames)),
    asideOf(status),
  ];
};

/** By what a search finds those that are neither under way nor paid. Most payments never have it. */
export const asideOf = (status: IntentStatus): number | null =>
  status === 'processing' || status === 'succeeded' ? null : intentStatuses[status];

const columnNames: ReadonlySet<string> = new Set<Columns>([
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
]);

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
  ...leanIntent.unpack(row.details),
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
});

export const insertIntent = writing(insertIntentRow, toRow);

/** `intent.version` is the new one. */
export const updateIntent = writing(updateIntentRow, toRow);

const columns = Object.keys(types).slice(2, -1).join(', ');
const stored = { select: columns, from: 'payments.intents', fromRow };

export const loadIntents = findByIds({ name: 'intents.find', ...stored });
export const loadIntent = oneOf(loadIntents);

const findByOrder = statement(
  'intents.find_by_order',
  `select ${columns} from payments.intents where ${ownRows} and order_reference = $3 and status <> 7`,
);

/** That can be paid or was. */
export const loadIntentOfOrder = async (
  context: Context,
  scope: Scope,
  orderReference: string,
): Promise<PaymentIntent | undefined> => {
  const [row] = await readOwn<IntentRow>(context, scope, findByOrder, [orderReference]);
  return row && fromRow(row);
};

export type IntentFilter = PageOfRows & MadeWithin & { readonly customerId: Uuid | null };

export const listIntents = listPages({
  name: 'intents.list',
  ...stored,
  where: `not direct and ${madeWithin}`,
  values: ({ idFrom, idBefore }: IntentFilter) => [idFrom, idBefore],
  asked: ({ customerId }) => ({ customer_id: customerId }),
});

/** An order has few: they are found by it, however many payments there are. */
export const listOfOrder = listPages({
  name: 'intents.list_of_order',
  ...stored,
  where: `not direct and ${madeWithin} and ($7::uuid is null or customer_id = $7) and order_reference = $8`,
  values: ({ idFrom, idBefore, customerId, order }: IntentFilter & { readonly order: string }) => [
    idFrom,
    idBefore,
    customerId,
    order,
  ],
});

export const { search: searchRows, count: countFound } = searchIn({
  ...stored,
  where: 'not direct',
});

export const loadDue = findDue(
  'intents.due',
  'select * from payments.due_intents($1::timestamptz, $2, $3::uuid[])',
);
/** As a worker asks in its rounds. */
export const areIntentsDue = 'exists (select from payments.due_intents(now.at, 1))';
