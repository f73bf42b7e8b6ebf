// What is asked at the end of a transaction that holds a customer's row. First, of one that deletes it:
// whether a method is attached that the deletion does not know of. Then it has lost, and looks again.

import type { Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { rank, writeRows } from '#platform/db';

const nothingAttachedRow = writeRows({
  name: 'payment_methods.nothing_attached',
  columns: { account_id: 'uuid', livemode: 'boolean', customer_id: 'uuid' },
  key: 'customer_id',
  // After the updates that hold the customer's row and detach what was known, and after every insert: a
  // method that another unit of the same batch attaches may be a new one.
  rank: rank.insert + 5,
  text: (given) => `select given.customer_id::text as key from ${given}
 where not exists (select from cards.payment_methods m
                    where m.account_id = given.account_id and m.livemode = given.livemode
                      and m.customer_id = given.customer_id)`,
});

export const nothingAttached = (scope: Scope, customerId: Uuid): Write => ({
  into: nothingAttachedRow,
  row: [scope.accountId, scope.livemode, customerId],
});

// The same question the other way round: whether what a customer is about to have as its default is still
// attached to it once everything of this transaction is written.
const stillAttachedRow = writeRows({
  name: 'payment_methods.still_attached',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    customer_id: 'uuid',
    key: 'text',
  },
  key: 'key',
  rank: rank.insert + 5,
  text: (given) => `select given.key from cards.payment_methods m join ${given}
    on m.account_id = given.account_id and m.livemode = given.livemode and m.id = given.id
   and m.customer_id = given.customer_id`,
});

export const stillAttached = (scope: Scope, id: Uuid, customerId: Uuid): Write => ({
  into: stillAttachedRow,
  row: [scope.accountId, scope.livemode, id, customerId, `${customerId} ${id}`],
});
