// By whom an order is registered. It is claimed in the commit in which its payment, or the page on which it can be
// paid, comes to be: whoever is second loses, and finds the first.

import type { Context, Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, ownRows, rank, readOwn, statement, writeRows, writing } from '#platform/db';

export type OrderKind = 'payment' | 'session';

const kinds = { payment: 1, session: 2 } as const satisfies Record<OrderKind, number>;

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  order_reference: 'text',
  kind: 'smallint',
  owner_id: 'uuid',
} as const;

const insertOrder = insertRows({
  name: 'orders.claim',
  table: 'payments.orders',
  columns: types,
  key: 'owner_id',
  rank: rank.claim,
  orNothing: true,
});

const deleteOrder = writeRows({
  name: 'orders.release',
  columns: types,
  key: 'owner_id',
  rank: rank.update,
  // Whoever does not have it has released it.
  text: (given) => `with gone as (
    delete from payments.orders o using ${given}
     where o.account_id = given.account_id and o.livemode = given.livemode
       and o.order_reference = given.order_reference and o.owner_id = given.owner_id
    returning 1)
  select owner_id::text as key from ${given}`,
});

type Registration = {
  readonly orderReference: string;
  readonly kind: OrderKind;
  readonly id: Uuid;
};

const toRow = ({ accountId, livemode }: Scope, { orderReference, kind, id }: Registration) => [
  accountId,
  livemode,
  orderReference,
  kinds[kind],
  id,
];

export const claimOrder = writing(insertOrder, toRow);
export const releaseOrder = writing(deleteOrder, toRow);

const find = statement(
  'orders.find',
  `select kind from payments.orders where ${ownRows} and order_reference = $3`,
);

/** Undefined: it may be registered. */
export const loadOrderKind = async (
  context: Context,
  scope: Scope,
  orderReference: string,
): Promise<OrderKind | undefined> => {
  const [row] = await readOwn<Row & { readonly kind: number }>(context, scope, find, [
    orderReference,
  ]);
  return row && (row.kind === kinds.payment ? 'payment' : 'session');
};
