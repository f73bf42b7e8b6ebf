import type { Context, Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findByIds,
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
  statement,
  updateRows,
  writing,
} from '#platform/db';
import type { Dispute } from './dispute.ts';
import { disputeStatuses } from './dispute-states.ts';

const statusOf = namesByCode(disputeStatuses);

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

const updateDisputeRow = updateRows({
  name: 'disputes.update',
  table: 'payments.disputes',
  columns: types,
  set: ['events', 'status', 'withdrawn', 'counted', 'needs_review', 'metadata', 'details'],
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
  const { status, currency, amount, withdrawn, counted, needsReview, metadata, ...rest } = more;
  const { isChargeSpent: _ofItsCharge, ...details } = rest;
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
  isLate: false,
  ...row.details,
});

export const insertDispute = writing(insertDisputeRow, toRow);

/** `dispute.version` is the new one. */
export const updateDispute = writing(updateDisputeRow, toRow);

const columns = Object.keys(types).slice(2).join(', ');
const stored = { select: columns, from: 'payments.disputes', fromRow };

export const loadDisputes = findByIds({ name: 'disputes.find', ...stored });
export const loadDispute = oneOf(loadDisputes);

const findOfIntent = statement(
  'disputes.of_intent',
  `select ${columns} from payments.disputes where ${ownRows} and intent_id = $3 order by id`,
);

export const loadDisputesOfIntent = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<Dispute[]> =>
  (await readOwn<DisputeRow>(context, scope, findOfIntent, [intentId])).map(fromRow);

const findOfCharges = statement(
  'disputes.of_charges',
  `select ${columns} from payments.disputes
    where ${ownRows} and charge_id = any($3::uuid[]) order by id`,
);

export const loadDisputesOfCharges = async (
  context: Context,
  scope: Scope,
  chargeIds: readonly Uuid[],
): Promise<Dispute[]> =>
  (await readOwn<DisputeRow>(context, scope, findOfCharges, [chargeIds])).map(fromRow);

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
  const of = [connectorAccountId, providerId];
  const [row] = await readOwn<DisputeRow>(context, scope, findOfProvider, of);
  return row && fromRow(row);
};

const listForPerson = statement(
  'disputes.for_person',
  `select ${columns} from payments.disputes
    where ${ownRows} and (needs_review or not $3) order by id desc limit $4`,
);

/** Newest first. */
export const loadDisputesForPerson = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  { onlyForPerson, limit }: { readonly onlyForPerson: boolean; readonly limit: number },
): Promise<Dispute[]> =>
  (await readOwn<DisputeRow>(context, scope, listForPerson, [onlyForPerson, limit])).map(fromRow);

export type DisputeFilter = PageOfRows &
  MadeWithin & { readonly chargeId: Uuid | null; readonly intentId: Uuid | null };

export const listDisputeRows = listPages({
  name: 'disputes.list',
  ...stored,
  where: madeWithin,
  values: ({ idFrom, idBefore }: DisputeFilter) => [idFrom, idBefore],
  asked: ({ chargeId, intentId }) => ({ charge_id: chargeId, intent_id: intentId }),
});
