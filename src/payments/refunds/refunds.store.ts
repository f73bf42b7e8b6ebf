import type { Context, Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findByIds,
  insertRows,
  listPages,
  type MadeWithin,
  madeWithin,
  namesByCode,
  newestOfEach,
  oneOf,
  ownRows,
  type PageOfRows,
  rank,
  readOwn,
  statement,
  updateRows,
  writing,
} from '#platform/db';
import { type Refund, refundStatuses } from './refund.ts';

const statusOf = namesByCode(refundStatuses);

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

const updateRefundRow = updateRows({
  name: 'refunds.update',
  table: 'payments.refunds',
  columns: types,
  set: ['events', 'status', 'metadata', 'details'],
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

export const insertRefund = writing(insertRefundRow, toRow);

/** `refund.version` is the new one. */
export const updateRefund = writing(updateRefundRow, toRow);

const columns = Object.keys(types).slice(2).join(', ');
const stored = { select: columns, from: 'payments.refunds', fromRow };

export const loadRefunds = findByIds({ name: 'refunds.find', ...stored });
export const loadRefund = oneOf(loadRefunds);

const findOfOperation = statement(
  'refunds.of_operation',
  `select ${columns} from payments.refunds where ${ownRows} and intent_id = $3 and ordinal = $4`,
);

export const loadRefundOf = async (
  context: Context,
  scope: Scope,
  operation: { readonly intentId: Uuid; readonly ordinal: number },
): Promise<Refund | undefined> => {
  const of = [operation.intentId, operation.ordinal];
  const [row] = await readOwn<RefundRow>(context, scope, findOfOperation, of);
  return row && fromRow(row);
};

const findOfVoid = statement(
  'refunds.of_void',
  `select ${columns} from payments.refunds
    where ${ownRows} and intent_id = $3 and details->>'byVoid' = $4`,
);

export const loadRefundOfVoid = async (
  context: Context,
  scope: Scope,
  { intentId, attempt }: { readonly intentId: Uuid; readonly attempt: number },
): Promise<Refund | undefined> => {
  const of = [intentId, String(attempt)];
  const [row] = await readOwn<RefundRow>(context, scope, findOfVoid, of);
  return row && fromRow(row);
};

const findOfIntent = statement(
  'refunds.of_intent',
  `select ${columns} from payments.refunds where ${ownRows} and intent_id = $3 order by ordinal`,
);

export const loadRefundsOfIntent = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<Refund[]> =>
  (await readOwn<RefundRow>(context, scope, findOfIntent, [intentId])).map(fromRow);

export const loadNewestOfCharges = newestOfEach({
  name: 'refunds.newest_of_charges',
  ...stored,
  by: 'charge_id',
  holderOf: ({ chargeId }) => chargeId,
});

export type RefundFilter = PageOfRows &
  MadeWithin & { readonly chargeId: Uuid | null; readonly intentId: Uuid | null };

export const listRefunds = listPages({
  name: 'refunds.list',
  ...stored,
  where: madeWithin,
  values: ({ idFrom, idBefore }: RefundFilter) => [idFrom, idBefore],
  asked: ({ chargeId, intentId }) => ({ charge_id: chargeId, intent_id: intentId }),
});
