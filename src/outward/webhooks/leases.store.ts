// Who tells a delivery. One that has just been owed is leased in the same statement, where a worker has room
// for it; the others wait until one has. What was done under a lease is written down only while it lasts.

import { assert, present } from '#kit/assert';
import type { Context, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  concluding,
  type Owned,
  rank,
  scopeOf,
  spellTime,
  statement,
  writeRows,
} from '#platform/db';
import { type EventKinds, eventIdOf, type Owed } from '#platform/events';
import { columns, type DeliveryRow, fromRow } from './deliveries.store.ts';
import { type Delivery, deliveryStates, packTry } from './delivery.ts';

export type LeasedDelivery = {
  readonly scope: Scope;
  readonly delivery: Delivery;
  /** It waited, and stands among those that wait until it is told. */
  readonly isQueued: boolean;
};

/** What a worker has room for. */
export type Room = {
  readonly rooms: ReadonlyMap<Uuid, number>;
  readonly roomOfOthers: number;
  readonly atMost: number;
  readonly leaseMs: number;
  /** Whose death frees what is leased; null where none could be told. */
  readonly holder: Uuid | null;
};

const hear = statement(
  'deliveries.hear',
  `select id, endpoint_id, event_id
     from outward.hear_events($1::uuid[], $2::uuid[], $3::boolean[], $4::uuid[], $5::integer[], $6::text[],
            $7::integer[], $8::timestamptz, $9::uuid[], $10::integer[], $11, $12, $13::uuid, $14,
            $15::uuid[], $16::uuid)`,
);

type HeldRow = Pick<DeliveryRow, 'id' | 'endpoint_id' | 'event_id'>;

type Heard = Pick<Owed, 'account_id' | 'livemode' | 'object_id' | 'sequence'> & {
  readonly id: Uuid;
  readonly type: string;
  /** One for all of an account and mode. */
  readonly scope: Scope;
};

/** The events of these changes, each account's and mode's together and in their order. */
const eventsOfChanges = (kinds: EventKinds, changes: readonly Owed[]): Heard[] => {
  const heard: Heard[] = [];
  let scope: Scope | undefined;
  for (const change of changes.toSorted(byOwnerAndTime)) {
    const { event_id, account_id, livemode, object_id, sequence, kinds: codes } = change;
    if (scope?.accountId !== account_id || scope.livemode !== livemode) scope = scopeOf(change);
    for (const [at, code] of codes.entries()) {
      const type = kinds.byCode(code)?.type;
      // A newer version wrote it. It is set aside until a worker of that version hands it on.
      assert(type, `No module of this version knows events of code ${code}.`);
      const id = eventIdOf(event_id, at);
      heard.push({ id, account_id, livemode, object_id, sequence: sequence + at, type, scope });
    }
  }
  return heard;
};

const byOwnerAndTime = (a: Owed, b: Owed): number => {
  if (a.account_id !== b.account_id) return a.account_id < b.account_id ? -1 : 1;
  if (a.livemode !== b.livemode) return a.livemode ? 1 : -1;
  return a.event_id < b.event_id ? -1 : 1;
};

/** The first of an account and mode is number one. */
const placesOf = (heard: readonly Heard[]): number[] => {
  let place = 0;
  return heard.map(({ account_id, livemode }, at) => {
    const before = heard[at - 1];
    const isSame = before?.account_id === account_id && before.livemode === livemode;
    place = isSame ? place + 1 : 1;
    return place;
  });
};

/** Numbers the events for the feed, and owes them to whom they concern. What comes back is leased. */
export const oweDeliveries = async (
  context: Context,
  tx: Tx,
  kinds: EventKinds,
  input: {
    readonly changes: readonly Owed[];
    readonly room: Room;
    readonly lease: Uuid;
    /** Leases under which nothing is left to do. */
    readonly ended: readonly Uuid[];
  },
): Promise<LeasedDelivery[]> => {
  const { changes, room, lease, ended } = input;
  const nowMs = context.clock.now();
  const heard = eventsOfChanges(kinds, changes);
  const rows = await tx.query<HeldRow>(hear, [
    heard.map(({ id }) => id),
    heard.map(({ account_id }) => account_id),
    heard.map(({ livemode }) => livemode),
    heard.map(({ object_id }) => object_id),
    heard.map(({ sequence }) => sequence),
    heard.map(({ type }) => type),
    placesOf(heard),
    spellTime(nowMs),
    [...room.rooms.keys()],
    [...room.rooms.values()],
    room.roomOfOthers,
    room.atMost,
    lease,
    room.leaseMs,
    ended,
    room.holder,
  ]);
  const byId = new Map(heard.map((each) => [each.id, each]));
  return rows.map(({ id, endpoint_id: endpointId, event_id: eventId }) => {
    const { scope, object_id: objectId, sequence } = present(byId.get(eventId), 'what was heard');
    return {
      scope,
      isQueued: false,
      delivery: {
        id,
        endpointId,
        eventId,
        objectId,
        sequence,
        state: 'waiting',
        attempts: 0,
        dueAtMs: nowMs,
        leaseEpoch: 0,
        tries: [],
      },
    };
  });
};

const end = statement('deliveries.end_leases', 'select outward.end_leases($1::uuid[])');

export const endLeases = async (context: Context, ended: readonly Uuid[]): Promise<void> => {
  await context.database.system((tx) => tx.query(end, [ended]));
};

const takeOver = statement(
  'deliveries.take_over',
  'select outward.take_over_deliveries($1::uuid[])',
);

export const takeOverDeliveries = (tx: Tx, dead: readonly Uuid[]): Promise<unknown> =>
  tx.query(takeOver, [dead]);

const lease = statement(
  'deliveries.lease',
  `select account_id, livemode, ${columns}
     from outward.lease_deliveries($1::timestamptz, $2::uuid[], $3::integer[], $4, $5::uuid, $6, $7,
            $8::uuid)`,
);

const putOff = statement(
  'deliveries.put_off',
  'select busy as id from outward.put_off_deliveries($1::timestamptz, $2::uuid[], $3::integer[], $4) as busy',
);

/**
 * Where an order is kept: what waits behind one that is tried again later is not looked at before. What comes back
 * are the endpoints that have more of those than were looked at.
 */
export const putOffDeliveries = async (
  context: Context,
  { rooms, roomOfOthers }: Pick<Room, 'rooms' | 'roomOfOthers'>,
): Promise<readonly Uuid[]> => {
  const busy = await context.database.system((tx) =>
    tx.query<{ readonly id: Uuid }>(putOff, [
      spellTime(context.clock.now()),
      [...rooms.keys()],
      [...rooms.values()],
      roomOfOthers,
    ]),
  );
  return busy.map(({ id }) => id);
};

const takeBack = statement(
  'deliveries.take_back_put_off',
  'select outward.take_back_put_off($1::timestamptz)',
);

/** What was put off and need not wait any more, some of it at a time. */
export const takeBackPutOff = async (context: Context): Promise<void> => {
  await context.database.system((tx) => tx.query(takeBack, [spellTime(context.clock.now())]));
};

/** Of those that wait. */
export const leaseDeliveries = async (
  context: Context,
  wanted: Room & {
    /** The turn begins behind this endpoint. */
    readonly after: Uuid;
  },
): Promise<LeasedDelivery[]> => {
  const rows = await context.database.system((tx) =>
    tx.query<Owned & DeliveryRow>(lease, [
      spellTime(context.clock.now()),
      [...wanted.rooms.keys()],
      [...wanted.rooms.values()],
      wanted.roomOfOthers,
      wanted.after,
      wanted.atMost,
      wanted.leaseMs,
      wanted.holder,
    ]),
  );
  return rows.map((row) => ({ scope: scopeOf(row), delivery: fromRow(row), isQueued: true }));
};

/** As a worker asks in its rounds: also what those held whose lease has ended. */
export const areDeliveriesDue = 'outward.are_deliveries_due(now.at)';

const key = `kept.account_id = given.account_id and kept.livemode = given.livemode
   and kept.id = given.id and kept.lease_epoch = given.lease_epoch and kept.state = 1`;

const concludeRow = concluding({
  name: 'deliveries.conclude',
  table: 'outward.deliveries',
  also: `given_up = (given.state = ${deliveryStates.given_up})`,
  where: 'kept.state = 1',
});

export const concludeDelivery = (scope: Scope, delivery: Delivery): Write =>
  concludeRow(scope, {
    ...delivery,
    state: deliveryStates[delivery.state],
    tries: delivery.tries.map(packTry),
  });

const places = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  endpoint_id: 'uuid',
  event_id: 'uuid',
  object_id: 'uuid',
} as const;

const placeOf = (scope: Scope, { id, endpointId, eventId, objectId }: Delivery): unknown[] => [
  scope.accountId,
  scope.livemode,
  id,
  endpointId,
  eventId,
  objectId,
];

const leaveRow = writeRows({
  name: 'deliveries.leave_due',
  columns: places,
  key: 'id',
  rank: rank.update + 1,
  text: (given) => `delete from outward.due_deliveries due using ${given}
 where due.account_id = given.account_id and due.livemode = given.livemode
   and due.endpoint_id = given.endpoint_id and due.object_id = given.object_id
   and due.event_id = given.event_id
returning due.id::text as key`,
});

const joinRow = writeRows({
  name: 'deliveries.join_due',
  columns: { ...places, due_at: 'timestamptz' },
  key: 'id',
  rank: rank.insert,
  text: (given) => `insert into outward.due_deliveries as kept
  (account_id, livemode, id, endpoint_id, event_id, object_id, due_at)
select given.account_id, given.livemode, given.id, given.endpoint_id, given.event_id, given.object_id,
       given.due_at
  from ${given}
on conflict (endpoint_id, object_id, event_id)
  do update set due_at = excluded.due_at, leased_until = null where kept.account_id = excluded.account_id
returning id::text as key`,
});

/** That it waits, until `dueAtMs`, or does not wait any more. Goes with a conclusion. */
export const noteWaiting = (
  scope: Scope,
  { delivery, isQueued }: Pick<LeasedDelivery, 'delivery' | 'isQueued'>,
): Write[] => {
  const place = placeOf(scope, delivery);
  if (delivery.dueAtMs !== null) {
    return [{ into: joinRow, row: [...place, spellTime(delivery.dueAtMs)] }];
  }
  return isQueued ? [{ into: leaveRow, row: place }] : [];
};

const giveBackRow = writeRows({
  name: 'deliveries.give_back',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', lease_epoch: 'integer' },
  key: 'id',
  rank: rank.update,
  text: (given) => `update outward.deliveries kept
   set lease_epoch = kept.lease_epoch + 1
  from ${given}
 where ${key}
returning kept.id::text as key`,
});

/** Untold, for whoever has room for it. */
export const giveBack = (scope: Scope, leased: LeasedDelivery): Write[] => {
  const { id, leaseEpoch } = leased.delivery;
  return [
    { into: giveBackRow, row: [scope.accountId, scope.livemode, id, leaseEpoch] },
    ...noteWaiting(scope, leased),
  ];
};
