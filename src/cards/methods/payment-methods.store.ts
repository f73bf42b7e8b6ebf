import type { Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findByIds,
  insertRows,
  listPages,
  namesByCode,
  newestOfEach,
  oneOf,
  type PageOfRows,
  rank,
  updateRows,
  writing,
} from '#platform/db';
import type { PaymentMethod } from './payment-method.ts';

const stateCodes = { unattached: 1, attached: 2, detached: 3 } as const;
const stateOf = namesByCode(stateCodes);

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

const updateMethodRow = updateRows({
  name: 'payment_methods.update',
  table: 'cards.payment_methods',
  columns: types,
  set: ['state', 'customer_id', 'card_id', 'metadata', 'details'],
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
    'events' | 'legacy' | 'card' | 'other' | 'billing' | 'allowRedisplay' | 'radarSession'
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

export const insertMethod = writing(insertMethodRow, toRow);

/** `method.version` is the new one. */
export const updateMethod = writing(updateMethodRow, toRow);

const stored = {
  select: 'id, version, type, state, customer_id, card_id, metadata, details',
  from: 'cards.payment_methods',
  fromRow,
};

export const loadMethods = findByIds({ name: 'payment_methods.find', ...stored });
export const loadMethod = oneOf(loadMethods);

export type MethodFilter = PageOfRows & {
  /** Null: of the whole account. */
  readonly customerId: Uuid | null;
  readonly type: string | null;
  readonly allowRedisplay: string | null;
  /** Only those that are sources too. */
  readonly legacyOnly?: boolean;
};

export const listMethods = listPages({
  name: 'payment_methods.list',
  ...stored,
  where: 'true',
  asked: ({ customerId, type, allowRedisplay, legacyOnly = false }: MethodFilter) => ({
    customer_id: customerId,
    type,
    "details->>'allowRedisplay'": allowRedisplay,
    "(details->>'legacy' is not null)": legacyOnly || null,
  }),
});

/** Those that are sources too. */
export const loadNewestSources = newestOfEach({
  name: 'payment_methods.newest_sources',
  ...stored,
  by: 'customer_id',
  where: "type = 'card' and details->>'legacy' is not null",
  holderOf: ({ customerId }) => customerId,
});
