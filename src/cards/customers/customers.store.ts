import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import type { Customer } from './customer.ts';

type CustomerRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly deleted: boolean;
  readonly email: string | null;
  readonly name: string | null;
  readonly phone: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly details: Omit<
    Customer,
    'id' | 'version' | 'deleted' | 'email' | 'name' | 'phone' | 'metadata'
  >;
};

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  deleted: 'boolean',
  email: 'text',
  name: 'text',
  phone: 'text',
  metadata: 'jsonb',
  details: 'json',
} as const;

const insertCustomerRow = insertRows({
  name: 'customers.insert',
  table: 'cards.customers',
  columns: types,
  key: 'id',
  rank: rank.insert,
});

// Only from the version that was read: whoever comes second reads again and decides again.
const updateCustomerRow = writeRows({
  name: 'customers.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update cards.customers c
   set version = given.version, deleted = given.deleted, email = given.email, name = given.name,
       phone = given.phone, metadata = given.metadata, details = given.details
  from ${given}
 where c.account_id = given.account_id and c.livemode = given.livemode and c.id = given.id
   and c.version = given.version - 1
returning c.id::text as key`,
});

const toRow = (scope: Scope, customer: Customer): unknown[] => {
  const { id, version, deleted, email, name, phone, metadata, ...details } = customer;
  return [
    scope.accountId,
    scope.livemode,
    id,
    version,
    deleted,
    email,
    name,
    phone,
    JSON.stringify(metadata),
    JSON.stringify(details),
  ];
};

const fromRow = ({ details, ...columns }: CustomerRow): Customer => ({ ...columns, ...details });

export const insertCustomer = (scope: Scope, customer: Customer): Write => ({
  into: insertCustomerRow,
  row: toRow(scope, customer),
});

/** `customer.version` is the new one. */
export const updateCustomer = (scope: Scope, customer: Customer): Write => ({
  into: updateCustomerRow,
  row: toRow(scope, customer),
});

// Attaching changes no row of the customer, and deleting no row of a method that it has not seen. So
// who attaches holds the customer's row for as long as its transaction lasts, and who deletes asks
// again, with that row in hand, whether everything is detached: of the two, one loses and looks again.
const lockLiving = writeRows({
  name: 'customers.lives',
  // Of the method, because many may be attached to one customer in one batch.
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', method_id: 'uuid' },
  key: 'method_id',
  rank: rank.claim,
  text: (given) => `select given.method_id::text as key from cards.customers c join ${given}
    on c.account_id = given.account_id and c.livemode = given.livemode and c.id = given.id
 where not c.deleted for share of c`,
});

export const customerLives = (scope: Scope, id: Uuid, methodId: Uuid): Write => ({
  into: lockLiving,
  row: [scope.accountId, scope.livemode, id, methodId],
});

// Whoever detaches a method that is no default holds the customer's row as well, and asks at the end
// whether somebody has made it one meanwhile.
const notDefaultRow = writeRows({
  name: 'customers.not_default',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    method: 'text',
  },
  key: 'method',
  rank: rank.insert + 5,
  text: (given) => `select given.method as key from cards.customers c join ${given}
    on c.account_id = given.account_id and c.livemode = given.livemode and c.id = given.id
 where c.details->>'default_payment_method' is distinct from given.method
   and c.details->>'default_source' is distinct from given.method`,
});

/** `method` as it is spelled. */
export const notDefault = (scope: Scope, id: Uuid, method: string): Write => ({
  into: notDefaultRow,
  row: [scope.accountId, scope.livemode, id, method],
});

const columns = 'id, version, deleted, email, name, phone, metadata, details';
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'customers.find',
  `select ${columns} from cards.customers where ${ownRows} and id = any($3::uuid[])`,
);

export const loadCustomers = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, Customer>> => {
  const rows = await context.database.read<CustomerRow>(scope, findMany, [
    scope.accountId,
    scope.livemode,
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const loadCustomer = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Customer | undefined> => (await loadCustomers(context, scope, [id])).get(id);

export type CustomerFilter = {
  readonly direction: 'older' | 'newer';
  /** Exclusive; null is the end from which the direction starts. */
  readonly from: Uuid | null;
  readonly idFrom: Uuid;
  readonly idBefore: Uuid;
  readonly email: string | null;
  readonly testClock: string | null;
  readonly limit: number;
};

const listIn = (direction: 'older' | 'newer') =>
  statement(
    `customers.list_${direction}`,
    `select ${columns} from cards.customers
      where ${ownRows} and not deleted
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and id >= $4::uuid and id < $5::uuid
        and ($6::text is null or email = $6)
        and ($7::text is null or details->>'test_clock' = $7)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $8`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

/** In the order of the direction: the caller turns a page of newer ones round. */
export const listCustomers = async (
  context: Context,
  scope: Scope,
  filter: CustomerFilter,
): Promise<Customer[]> => {
  const rows = await context.database.read<CustomerRow>(scope, listing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.from,
    filter.idFrom,
    filter.idBefore,
    filter.email,
    filter.testClock,
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
): Promise<Customer[]> => {
  const { text, values } = search.condition(5);
  // Unnamed: each query has a text of its own, and prepared statements are kept for ever.
  const found = statement(
    '',
    `select ${columns} from cards.customers
      where ${ownRows} and not deleted and ($3::uuid is null or id < $3) and (${text})
      order by id desc limit $4`,
  );
  const rows = await context.database.read<CustomerRow>(scope, found, [
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
    `select count(*)::integer as count from cards.customers where ${ownRows} and not deleted and (${text})`,
  );
  const [row] = await context.database.read<{ count: number }>(scope, count, [
    scope.accountId,
    scope.livemode,
    ...values,
  ]);
  return row?.count ?? 0;
};
