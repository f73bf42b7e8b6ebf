import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import type { DisputeStatus } from '#rails/connectors';
import type { Dispute } from './dispute.ts';
import { disputeStatuses } from './dispute-states.ts';
import type { FraudWarningRow } from './fraud-warning.ts';

const statusOf = new Map<number, DisputeStatus>(
  Object.entries(disputeStatuses).map(([status, code]) => [code, status as DisputeStatus]),
);

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  events: 'integer',
  charge_id: 'uuid',
  intent_id: 'uuid',
  connector_account_id: 'uuid',
  provider_id: 'text',
  status: 'smallint',
  currency: 'text',
  amount: 'bigint',
  withdrawn: 'bigint',
  counted: 'bigint',
  needs_review: 'boolean',
  metadata: 'jsonb',
  details: 'json',
} as const;

const insertDisputeRow = insertRows({
  name: 'disputes.insert',
  table: 'payments.disputes',
  columns: types,
  key: 'id',
  rank: rank.claim,
  orNothing: true,
});

// Only from the version that was read: whoever comes second reads again and decides again.
const updateDisputeRow = writeRows({
  name: 'disputes.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update payments.disputes d
   set version = given.version, events = given.events, status = given.status,
       withdrawn = given.withdrawn, counted = given.counted, needs_review = given.needs_review,
       metadata = given.metadata, details = given.details
  from ${given}
 where d.account_id = given.account_id and d.livemode = given.livemode and d.id = given.id
   and d.version = given.version - 1
returning d.id::text as key`,
});

type Named = Pick<
  Dispute,
  | 'id'
  | 'version'
  | 'events'
  | 'chargeId'
  | 'intentId'
  | 'connectorAccountId'
  | 'providerId'
  | 'status'
  | 'currency'
  | 'amount'
  | 'withdrawn'
  | 'counted'
  | 'needsReview'
  | 'metadata'
>;

const toRow = (scope: Scope, dispute: Dispute): unknown[] => {
  const { id, version, events, chargeId, intentId, connectorAccountId, providerId, ...more } =
    dispute;
  const { status, currency, amount, withdrawn, counted, needsReview, metadata, ...details } = more;
  return [
    scope.accountId,
    scope.livemode,
    id,
    version,
    events,
    chargeId,
    intentId,
    connectorAccountId,
    providerId,
    disputeStatuses[status],
    currency,
    amount,
    withdrawn,
    counted,
    needsReview,
    JSON.stringify(metadata),
    JSON.stringify(details),
  ];
};

type DisputeRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly events: number;
  readonly charge_id: Uuid;
  readonly intent_id: Uuid;
  readonly connector_account_id: Uuid;
  readonly provider_id: string;
  readonly status: number;
  readonly currency: string;
  readonly amount: bigint;
  readonly withdrawn: bigint;
  readonly counted: bigint;
  readonly needs_review: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly details: Omit<Dispute, keyof Named>;
};

const fromRow = (row: DisputeRow): Dispute => ({
  id: row.id,
  version: row.version,
  events: row.events,
  chargeId: row.charge_id,
  intentId: row.intent_id,
  connectorAccountId: row.connector_account_id,
  providerId: row.provider_id,
  status: statusOf.get(row.status) ?? 'needs_response',
  currency: row.currency,
  amount: row.amount,
  withdrawn: row.withdrawn,
  counted: row.counted,
  needsReview: row.needs_review,
  metadata: row.metadata,
  ...row.details,
});

export const insertDispute = (scope: Scope, dispute: Dispute): Write => ({
  into: insertDisputeRow,
  row: toRow(scope, dispute),
});

/** `dispute.version` is the new one. */
export const updateDispute = (scope: Scope, dispute: Dispute): Write => ({
  into: updateDisputeRow,
  row: toRow(scope, dispute),
});

const columns = Object.keys(types).slice(2).join(', ');
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'disputes.find',
  `select ${columns} from payments.disputes where ${ownRows} and id = any($3::uuid[])`,
);

export const loadDisputes = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, Dispute>> => {
  const of = [scope.accountId, scope.livemode, ids];
  const rows = await context.database.read<DisputeRow>(scope, findMany, of);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const loadDispute = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Dispute | undefined> => (await loadDisputes(context, scope, [id])).get(id);

const findOfProvider = statement(
  'disputes.of_provider',
  `select ${columns} from payments.disputes
    where ${ownRows} and connector_account_id = $3 and provider_id = $4`,
);

export const loadDisputeOf = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  providerId: string,
): Promise<Dispute | undefined> => {
  const of = [scope.accountId, scope.livemode, connectorAccountId, providerId];
  const [row] = await context.database.read<DisputeRow>(scope, findOfProvider, of);
  return row && fromRow(row);
};

export type DisputeFilter = {
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
    `disputes.list_${direction}`,
    `select ${columns} from payments.disputes
      where ${ownRows}
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and id >= $4::uuid and id < $5::uuid
        and ($6::uuid is null or charge_id = $6)
        and ($7::uuid is null or intent_id = $7)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $8`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

/** In the order of the direction: the caller turns a page of newer ones round. */
export const listDisputeRows = async (
  context: Context,
  scope: Scope,
  filter: DisputeFilter,
): Promise<Dispute[]> => {
  const rows = await context.database.read<DisputeRow>(scope, listing[filter.direction], [
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

const insertWarningRow = insertRows({
  name: 'fraud_warnings.insert',
  table: 'payments.fraud_warnings',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    charge_id: 'uuid',
    intent_id: 'uuid',
    connector_account_id: 'uuid',
    provider_id: 'text',
    details: 'json',
  },
  key: 'id',
  rank: rank.claim,
  orNothing: true,
});

export const insertFraudWarning = (
  scope: Scope,
  connectorAccountId: Uuid,
  warning: FraudWarningRow,
): Write => {
  const { id, chargeId, intentId, providerId, ...details } = warning;
  return {
    into: insertWarningRow,
    row: [
      scope.accountId,
      scope.livemode,
      id,
      chargeId,
      intentId,
      connectorAccountId,
      providerId,
      JSON.stringify(details),
    ],
  };
};
