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
  searchIn,
  statement,
  updateRows,
  writing,
} from '#platform/db';
import { asideOf } from './aside.ts';
import { cardBitsOf, last4Of } from './card-bits.ts';
import type { Charge } from './charge.ts';
import { detailsBeside, unpackDetails } from './lean-charge.ts';

const statusCodes = { pending: 1, succeeded: 2, failed: 3 } as const;
const statusOf = namesByCode(statusCodes);

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
  charged_back_beyond: 'bigint',
  customer_id: 'uuid',
  operation_id: 'uuid',
  connector_account_id: 'uuid',
  // Told again beside the details, where it can be found by.
  transfer_group: 'text',
  metadata: 'jsonb',
  details: 'json',
  aside: 'smallint',
  last4: 'smallint',
  card: 'integer',
} as const;
/** They are found by, and never read. */
const FOUND_BY = 3;

const inserted = {
  table: 'payments.charges',
  columns: types,
  key: 'id',
  rank: rank.insert,
} as const;
// The same attempt may be begun by two at once.
const insertChargeRow = insertRows({ name: 'charges.insert', ...inserted, orNothing: true });
// Looking for another first, and inserting so that it can be taken back, is a fifth of what an insert costs.
const insertFirstRow = insertRows({ name: 'charges.insert_first', ...inserted });

const updateChargeRow = updateRows({
  name: 'charges.update',
  table: 'payments.charges',
  columns: types,
  set: [
    'events',
    'attempt',
    'status',
    'amount',
    'captured',
    'capturing',
    'refunded',
    'refunding',
    'charged_back',
    'charged_back_beyond',
    'customer_id',
    'operation_id',
    'connector_account_id',
    'transfer_group',
    'metadata',
    'details',
    'aside',
    'last4',
    'card',
  ],
});

const toRow = (scope: Scope, charge: Charge): unknown[] => {
  const { id, version, events, intentId, attempt, status, currency, amount, captured } = charge;
  const {
    capturing,
    refunded,
    refunding,
    chargedBack,
    chargedBackBeyond,
    customerId,
    operationId,
    connectorAccountId,
  } = charge;
  const { metadata } = charge;
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
    chargedBackBeyond === 0n ? null : chargedBackBeyond,
    customerId,
    operationId,
    connectorAccountId,
    charge.transferGroup ?? null,
    JSON.stringify(metadata),
    JSON.stringify(packDetails(charge)),
    asideOf(charge),
    last4Of(charge),
    cardBitsOf(charge),
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
  | 'chargedBackBeyond'
  | 'customerId'
  | 'operationId'
  | 'connectorAccountId'
  | 'metadata'
>;

const packDetails = detailsBeside([
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
  'chargedBackBeyond',
  'customerId',
  'operationId',
  'connectorAccountId',
  'metadata',
] satisfies (keyof Columns)[]);

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
  readonly charged_back_beyond: bigint | null;
  readonly customer_id: Uuid | null;
  readonly operation_id: Uuid | null;
  readonly connector_account_id: Uuid;
  readonly metadata: Readonly<Record<string, string>>;
  readonly details: Omit<Charge, keyof Columns>;
};

const fromRow = (row: ChargeRow): Charge => ({
  ...unpackDetails(row.details, row.id),
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
  chargedBackBeyond: row.charged_back_beyond ?? 0n,
  customerId: row.customer_id,
  operationId: row.operation_id,
  connectorAccountId: row.connector_account_id,
  metadata: row.metadata,
});

export const insertCharge = writing(insertChargeRow, toRow);
/** Of an intent that is inserted with it: nobody else can have begun an attempt of it. */
export const insertFirstCharge = writing(insertFirstRow, toRow);

/** `charge.version` is the new one. */
export const updateCharge = writing(updateChargeRow, toRow);

const columns = Object.keys(types).slice(2, -FOUND_BY).join(', ');
const stored = { select: columns, from: 'payments.charges', fromRow };

export const loadCharges = findByIds({ name: 'charges.find', ...stored });
export const loadCharge = oneOf(loadCharges);

const findOfIntent = statement(
  'charges.of_intent',
  `select ${columns} from payments.charges where ${ownRows} and intent_id = $3 order by attempt`,
);

export const loadChargesOfIntent = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<Charge[]> => {
  return (await readOwn<ChargeRow>(context, scope, findOfIntent, [intentId])).map(fromRow);
};

export const loadNewestOfIntents = newestOfEach({
  name: 'charges.newest_of_intents',
  ...stored,
  by: 'intent_id',
  holderOf: ({ intentId }) => intentId,
});

export type ChargeFilter = PageOfRows &
  MadeWithin & {
    readonly customerId: Uuid | null;
    readonly intentId: Uuid | null;
    readonly transferGroup: string | null;
  };

export const listCharges = listPages({
  name: 'charges.list',
  ...stored,
  where: madeWithin,
  values: ({ idFrom, idBefore }: ChargeFilter) => [idFrom, idBefore],
  asked: ({ customerId, intentId, transferGroup }) => ({
    customer_id: customerId,
    intent_id: intentId,
    transfer_group: transferGroup,
  }),
});

export const { search: searchRows, count: countFound } = searchIn({ ...stored, where: 'true' });
