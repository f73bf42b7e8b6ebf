import type { Context, Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findById,
  forgetting,
  namesByCode,
  ownRows,
  readOwn,
  spellTime,
  statement,
} from '#platform/db';
import { type Delivery, deliveryStates, type StoredTry, unpackTry } from './delivery.ts';

export type DeliveryRow = Row & {
  readonly id: Uuid;
  readonly endpoint_id: Uuid;
  readonly event_id: Uuid;
  readonly object_id: Uuid;
  readonly sequence: number;
  readonly state: number;
  readonly attempts: number;
  readonly due_at: number | null;
  readonly lease_epoch: number;
  readonly tries: readonly StoredTry[];
};

const stateOf = namesByCode(deliveryStates);

export const fromRow = (row: DeliveryRow): Delivery => ({
  id: row.id,
  endpointId: row.endpoint_id,
  eventId: row.event_id,
  objectId: row.object_id,
  sequence: row.sequence,
  state: stateOf.get(row.state) ?? 'waiting',
  attempts: row.attempts,
  dueAtMs: row.due_at,
  leaseEpoch: row.lease_epoch,
  tries: row.tries.map(unpackTry),
});

export const columns = `id, endpoint_id, event_id, object_id, sequence, state, attempts, due_at, lease_epoch, tries`;

export const loadDelivery = findById({
  name: 'deliveries.find',
  select: columns,
  from: 'outward.deliveries',
  fromRow,
});

// The id of a delivery begins with its event's moment, and none lies elsewhere.
const ofEvents = `unnest($3::uuid[]) as e(id)
   cross join lateral (
     select ${columns} from outward.deliveries
      where ${ownRows} and event_id = e.id
        and id between (left(e.id::text, 13) || repeat('0', 20))::uuid
                   and (left(e.id::text, 13) || repeat('f', 20))::uuid
     offset 0) as d`;

/** One that is deleted is told nothing any more. */
export const isOwed = (table: string): string =>
  `exists (select from outward.webhook_endpoints w where w.account_id = $1 and w.livemode = $2 and w.id = ${table}.endpoint_id and w.state <> 3)`;

const findOpen = statement(
  'deliveries.open_of_events',
  `select d.event_id, count(*)::integer as open from ${ofEvents}
    where d.state <> 2 and ${isOwed('d')} group by d.event_id`,
);

export const loadUndelivered = async (
  context: Context,
  scope: Scope,
  events: readonly Uuid[],
): Promise<ReadonlyMap<Uuid, number>> => {
  if (events.length === 0) return new Map();
  type Open = { readonly event_id: Uuid; readonly open: number };
  const rows = await readOwn<Open>(context, scope, findOpen, [events]);
  return new Map(rows.map(({ event_id: id, open }) => [id, open]));
};

const findOfEvents = statement('deliveries.of_events', `select d.* from ${ofEvents} order by d.id`);

export const loadDeliveriesOf = async (
  context: Context,
  scope: Scope,
  events: readonly Uuid[],
): Promise<Delivery[]> =>
  events.length === 0
    ? []
    : (await readOwn<DeliveryRow>(context, scope, findOfEvents, [events])).map(fromRow);

// The lease moves on, so that who is telling it just now does not write over this. What an order keeps behind it
// may be very many: workers take it back.
const again = statement(
  'deliveries.again',
  `with again as (
  update outward.deliveries
     set state = 1, given_up = false, attempts = 0, due_at = $4::timestamptz, lease_epoch = lease_epoch + 1
   where ${ownRows} and id = $3
  returning account_id, livemode, ${columns}),
due as (
  insert into outward.due_deliveries
    (account_id, livemode, id, endpoint_id, event_id, object_id, due_at)
  select account_id, livemode, id, endpoint_id, event_id, object_id, due_at from again
  on conflict (endpoint_id, object_id, event_id)
    do update set due_at = excluded.due_at, leased_until = null),
behind as (
  insert into outward.take_backs (account_id, livemode, endpoint_id, object_id, due_at)
  select a.account_id, a.livemode, a.endpoint_id, a.object_id, a.due_at
    from again a
    join outward.webhook_endpoints w
      on w.account_id = $1 and w.livemode = $2 and w.id = a.endpoint_id and w.ordered
  on conflict (account_id, livemode, endpoint_id, object_id) do update set due_at = excluded.due_at)
select ${columns} from again`,
);

/** At once, and then what an order keeps behind it. */
export const askAgain = (context: Context, scope: Scope, id: Uuid): Promise<Delivery | undefined> =>
  context.database.transaction(scope, async (tx) => {
    const [row] = await tx.query<DeliveryRow>(again, [
      scope.accountId,
      scope.livemode,
      id,
      spellTime(context.clock.now()),
    ]);
    return row === undefined ? undefined : fromRow(row);
  });

export const forgetDeliveries = forgetting(
  'deliveries.forget',
  'select outward.forget_deliveries($1, $2) as gone',
);
