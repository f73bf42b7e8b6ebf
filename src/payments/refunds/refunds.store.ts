import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import { type Refund, type RefundStatus, refundStatuses } from './refund.ts';

const statusOf = new Map<number, RefundStatus>(
  Object.entries(refundStatuses).map(([status, code]) => [code, status as RefundStatus]),
);

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  events: 'integer',
  charge_id: 'uuid',
  intent_id: 'uuid',
  ordinal: 'integer',
  status: 'smallint',
  currency: 'text',
  amount: 'bigint',
  metadata: 'jsonb',
  details: 'json',
} as const;

const insertRefundRow = insertRows({
  name: 'refunds.insert',
  table: 'payments.refunds',
  columns: types,
  key: 'id',
  rank: rank.insert,
  orNothing: true,
});

const updateRefundRow = writeRows({
  name: 'refunds.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update payments.refunds r
   set version = given.version, events = given.events, status = given.status,
       metadata = given.metadata, details = given.details
  from ${given}
 where r.account_id = given.account_id and r.livemode = given.livemode and r.id = given.id
   and r.version = given.version - 1
returning r.id::text as key`,
});

const toRow = (scope: Scope, refund: Refund): unknown[] => {
  const { id, version, events, chargeId, intentId, ordinal, status, ...more } = refund;
  const { currency, amount, metadata, ...details } = more;
  return [
    scope.accountId,
    scope.livemode,
    id,
    version,
    events,
    chargeId,
    intentId,
    ordinal,
    refundStatuses[status],
    currency,
    amount,
    JSON.stringify(metadata),
    JSON.stringify(details),
  ];
};

type RefundRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly events: number;
  readonly charge_id: Uuid;
  readonly intent_id: Uuid;
  readonly ordinal: number;
  readonly status: number;
  readonly currency: string;
  readonly amount: bigint;
  readonly metadata: Readonly<Record<string, string>>;
  readonly details: Omit<
    Refund,
    | 'id'
    | 'version'
    | 'events'
    | 'chargeId'
    | 'intentId'
    | 'ordinal'
    | 'status'
    | 'currency'
    | 'amount'
    | 'metadata'
  >;
};

const fromRow = (row: RefundRow): Refund => ({
  id: row.id,
  version: row.version,
  events: row.events,
  chargeId: row.charge_id,
  intentId: row.intent_id,
  ordinal: row.ordinal,
  status: statusOf.get(row.status) ?? 'pending',
  currency: row.currency,
  amount: row.amount,
  metadata: row.metadata,
  ...row.details,
});

export const insertRefund = (scope: Scope, refund: Refund): Write => ({
  into: insertRefundRow,
  row: toRow(scope, refund),
});

/** `refund.version` is the new one. */
export const updateRefund = (scope: Scope, refund: Refund): Write => ({
  into: updateRefundRow,
  row: toRow(scope, refund),
});

const columns = Object.keys(types).slice(2).join(', ');
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'refunds.find',
  `select ${columns} from payments.refunds where ${ownRows} and id = any($3::uuid[])`,
);

export const loadRefunds = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, Refund>> => {
  const of = [scope.accountId, scope.livemode, ids];
  const rows = await context.database.read<RefundRow>(scope, findMany, of);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const loadRefund = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Refund | undefined> => (await loadRefunds(context, scope, [id])).get(id);

const findOfOperation = statement(
  'refunds.of_operation',
  `select ${columns} from payments.refunds where ${ownRows} and intent_id = $3 and ordinal = $4`,
);

export const loadRefundOf = async (
  context: Context,
  scope: Scope,
  operation: { readonly intentId: Uuid; readonly ordinal: number },
): Promise<Refund | undefined> => {
  const of = [scope.accountId, scope.livemode, operation.intentId, operation.ordinal];
  const [row] = await context.database.read<RefundRow>(scope, findOfOperation, of);
  return row && fromRow(row);
};

export type RefundFilter = {
  readonly direction: 'older' | 'newer';
  /** Exclusive; null is the end from which the direction starts. */
  readonly from: Uuid | null;
  readonly idFrom: Uuid;
  readonly idBefore: Uuid;
  readonly chargeId: Uuid | null;
  readonly intentId: Uuid | null;
  readonly limit: number;
};

const listIn = (direction: 'older' | 'newer') =>
  statement(
    `refunds.list_${direction}`,
    `select ${columns} from payments.refunds
      where ${ownRows}
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and id >= $4::uuid and id < $5::uuid
        and ($6::uuid is null or charge_id = $6)
        and ($7::uuid is null or intent_id = $7)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $8`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

/** In the order of the direction: the caller turns a page of newer ones round. */
export const listRefunds = async (
  context: Context,
  scope: Scope,
  filter: RefundFilter,
): Promise<Refund[]> => {
  const rows = await context.database.read<RefundRow>(scope, listing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.from,
    filter.idFrom,
    filter.idBefore,
    filter.chargeId,
    filter.intentId,
    filter.limit,
  ]);
  return rows.map(fromRow);
};
