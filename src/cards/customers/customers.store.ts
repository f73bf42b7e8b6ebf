import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findByIds,
  insertRows,
  listPages,
  type MadeWithin,
  madeWithin,
  oneOf,
  ownRows,
  type PageOfRows,
  rank,
  readOwn,
  searchIn,
  statement,
  updateRows,
  writeRows,
  writing,
} from '#platform/db';
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

const updateCustomerRow = updateRows({
  name: 'customers.update',
  table: 'cards.customers',
  columns: types,
  set: ['deleted', 'email', 'name', 'phone', 'metadata', 'details'],
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

const fromRow = (row: CustomerRow): Customer => ({
  id: row.id,
  version: row.version,
  deleted: row.deleted,
  email: row.email,
  name: row.name,
  phone: row.phone,
  metadata: row.metadata,
  ...row.details,
});

export const insertCustomer = writing(insertCustomerRow, toRow);

/** `customer.version` is the new one. */
export const updateCustomer = writing(updateCustomerRow, toRow);

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
const stored = { select: columns, from: 'cards.customers', fromRow };

export const loadCustomers = findByIds({ name: 'customers.find', ...stored });
export const loadCustomer = oneOf(loadCustomers);

export type CustomerFilter = PageOfRows &
  MadeWithin & { readonly email: string | null; readonly testClock: string | null };

export const listCustomers = listPages({
  name: 'customers.list',
  ...stored,
  where: `not deleted and ${madeWithin}`,
  values: ({ idFrom, idBefore }: CustomerFilter) => [idFrom, idBefore],
  asked: ({ email, testClock }) => ({ email, "details->>'test_clock'": testClock }),
});

const ofClock = statement(
  'customers.of_clock',
  `select ${columns} from cards.customers
    where ${ownRows} and not deleted and details->>'test_clock' = $3 order by id`,
);

/** `clock` as it is spelled. */
export const customersOfClock = async (
  context: Context,
  scope: Scope,
  clock: string,
): Promise<Customer[]> => {
  return (await readOwn<CustomerRow>(context, scope, ofClock, [clock])).map(fromRow);
};

export const { search: searchRows, count: countFound } = searchIn({
  ...stored,
  where: 'not deleted',
});
