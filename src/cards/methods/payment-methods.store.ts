import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import type { MethodState, PaymentMethod } from './payment-method.ts';

const stateCodes = { unattached: 1, attached: 2, detached: 3 } as const;
const stateOf = new Map<number, MethodState>(
  Object.entries(stateCodes).map(([state, code]) => [code, state as MethodState]),
);

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  type: 'text',
  state: 'smallint',
  customer_id: 'uuid',
  card_id: 'uuid',
  metadata: 'jsonb',
  details: 'json',
} as const;

const insertMethodRow = insertRows({
  name: 'payment_methods.insert',
  table: 'cards.payment_methods',
  columns: types,
  key: 'id',
  rank: rank.insert,
});

const updateMethodRow = writeRows({
  name: 'payment_methods.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update cards.payment_methods m
   set version = given.version, state = given.state, customer_id = given.customer_id,
       card_id = given.card_id, metadata = given.metadata, details = given.details
  from ${given}
 where m.account_id = given.account_id and m.livemode = given.livemode and m.id = given.id
   and m.version = given.version - 1
returning m.id::text as key`,
});

const toRow = (scope: Scope, method: PaymentMethod): unknown[] => {
  const { id, version, type, state, customerId, cardId, metadata, ...details } = method;
  return [
    scope.accountId,
    scope.livemode,
    id,
    version,
    type,
    stateCodes[state],
    customerId,
    cardId,
    JSON.stringify(metadata),
    JSON.stringify(details),
  ];
};

type MethodRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly type: string;
  readonly state: number;
  readonly customer_id: Uuid | null;
  readonly card_id: Uuid | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly details: Pick<
    PaymentMethod,
    'events' | 'legacy' | 'card' | 'other' | 'billing' | 'allowRedisplay'
  >;
};

const fromRow = (row: MethodRow): PaymentMethod => ({
  id: row.id,
  version: row.version,
  type: row.type,
  state: stateOf.get(row.state) ?? 'detached',
  customerId: row.customer_id,
  cardId: row.card_id,
  metadata: row.metadata,
  ...row.details,
});

export const insertMethod = (scope: Scope, method: PaymentMethod): Write => ({
  into: insertMethodRow,
  row: toRow(scope, method),
});

/** `method.version` is the new one. */
export const updateMethod = (scope: Scope, method: PaymentMethod): Write => ({
  into: updateMethodRow,
  row: toRow(scope, method),
});

const columns = 'id, version, type, state, customer_id, card_id, metadata, details';
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'payment_methods.find',
  `select ${columns} from cards.payment_methods where ${ownRows} and id = any($3::uuid[])`,
);

export const loadMethods = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, PaymentMethod>> => {
  const rows = await context.database.read<MethodRow>(scope, findMany, [
    scope.accountId,
    scope.livemode,
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const loadMethod = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<PaymentMethod | undefined> => (await loadMethods(context, scope, [id])).get(id);

export type MethodFilter = {
  readonly direction: 'older' | 'newer';
  /** Exclusive; null is the end from which the direction starts. */
  readonly from: Uuid | null;
  /** Null: of the whole account. */
  readonly customerId: Uuid | null;
  readonly type: string | null;
  readonly allowRedisplay: string | null;
  /** Only those that are sources too. */
  readonly legacyOnly?: boolean;
  readonly limit: number;
};

const listIn = (direction: 'older' | 'newer') =>
  statement(
    `payment_methods.list_${direction}`,
    `select ${columns} from cards.payment_methods
      where ${ownRows}
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and ($4::uuid is null or customer_id = $4)
        and ($5::text is null or type = $5)
        and ($6::text is null or details->>'allowRedisplay' = $6)
        and (not $8::boolean or details->>'legacy' is not null)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $7`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

/** In the order of the direction: the caller turns a page of newer ones round. */
export const listMethods = async (
  context: Context,
  scope: Scope,
  filter: MethodFilter,
): Promise<PaymentMethod[]> => {
  const rows = await context.database.read<MethodRow>(scope, listing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.from,
    filter.customerId,
    filter.type,
    filter.allowRedisplay,
    filter.limit,
    filter.legacyOnly ?? false,
  ]);
  return rows.map(fromRow);
};
