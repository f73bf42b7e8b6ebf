import type { Context } from '#kit/context';
import { uuidAt } from '#kit/ids';
import type { EventKinds, Listener } from '#platform/events';
import { forgetDeliveries, loadUndelivered } from './deliveries.store.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import { endpointRoutes } from './endpoint-routes.ts';
import { forgetFeed } from './feed.store.ts';
import { feedRoutes } from './feed-routes.ts';
import { areDeliveriesDue, takeOverDeliveries } from './leases.store.ts';
import { undeliveredEvents } from './list-deliveries.store.ts';
import { createPump, type Pump } from './pump.ts';
import { areReplaysDue, replayPiece } from './replays.store.ts';
import { traceDeliveries } from './trace.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_DAYS = 30;
const FORGET_AT_MOST = 5_000;

const pumps = new WeakMap<Context['database'], Pump>();

/** One of each process: it knows how each endpoint has been doing. */
export const pumpOf = (context: Pick<Context, 'database'>): Pump => {
  const known = pumps.get(context.database);
  if (known !== undefined) return known;
  const pump = createPump();
  pumps.set(context.database, pump);
  return pump;
};

const forgetOld = async (context: Context): Promise<void> => {
  const before = uuidAt(context.clock.now() - KEPT_DAYS * DAY_MS);
  for (let gone = FORGET_AT_MOST; gone === FORGET_AT_MOST; ) {
    gone = await forgetDeliveries(context, before, FORGET_AT_MOST);
  }
  for (let gone = FORGET_AT_MOST; gone === FORGET_AT_MOST; ) {
    gone = await forgetFeed(context, before, FORGET_AT_MOST);
  }
};

/** The last digit of an event's id counts the events of its change, from zero. */
const placeOf = (table: string): string =>
  `('x' || right(${table}.event_id::text, 1))::bit(4)::integer`;

/** What is older may have been forgotten, by the clock that may have been moved. */
const isKept = (id: string): string =>
  `${id} >= platform.uuid_at((now() + (select c.offset_ms from platform.clock c) * interval '1 ms' - interval '28 days')::date)`;

// A feed is forgotten from its front: what is as old as its oldest number, or older, may be gone.
const fronts = `select distinct on (account_id, livemode) account_id, livemode, event_id
                  from outward.feed order by account_id, livemode, position`;

/** Put off without a time, until it is taken back. */
const behind = (noted: string): string =>
  `select from outward.due_deliveries w
     join outward.take_backs t on t.account_id = w.account_id and t.livemode = w.livemode
                              and t.endpoint_id = w.endpoint_id and ${noted}
    where w.endpoint_id = d.endpoint_id and w.object_id = d.object_id
      and w.event_id = d.event_id and w.id = d.id`;

const checks = [
  {
    name: 'the feed is numbered without gap, and tells of no event twice',
    text: `select account_id, position from (
             select account_id, livemode, position, event_id,
                    lag(position) over feed as before,
                    count(*) over (partition by account_id, livemode, event_id) as times
               from outward.feed
             window feed as (partition by account_id, livemode order by position)) numbered
            where position - before <> 1 or times > 1`,
  },
  {
    name: 'every delivery is owed to an endpoint that is or was there',
    text: `select d.account_id, d.id from outward.deliveries d
           left join outward.webhook_endpoints w
             on w.account_id = d.account_id and w.livemode = d.livemode and w.id = d.endpoint_id
          where w.id is null`,
  },
  {
    name: 'every delivery that waits is due some time, or held by a worker',
    text: `select d.account_id, d.id from outward.deliveries d
          where d.state = 1
            and not exists (
              select from outward.due_deliveries w
               where w.endpoint_id = d.endpoint_id and w.object_id = d.object_id
                 and w.event_id = d.event_id and w.id = d.id and w.due_at < 'infinity')
            and not exists (${behind('t.object_id = w.object_id')})
            and not exists (${behind('t.object_id = w.endpoint_id')})
            and not exists (
              select from outward.webhook_endpoints e
               where e.account_id = d.account_id and e.livemode = d.livemode and e.id = d.endpoint_id
                 and e.state = 3)
            and not exists (select from outward.leases l where d.id = any (l.deliveries))`,
  },
  {
    name: 'what is due was neither delivered nor given up',
    text: `select w.account_id, w.id from outward.due_deliveries w
           left join outward.deliveries d
             on d.account_id = w.account_id and d.livemode = w.livemode and d.id = w.id
          where d.state is distinct from 1`,
  },
  {
    name: 'what was given up is found among it, and nothing else is',
    text: `select d.account_id, d.id from outward.deliveries d where d.given_up <> (d.state = 3)`,
  },
  {
    name: 'the feed tells of events that the log knows',
    text: `select f.account_id, f.livemode, f.position, f.event_id from outward.feed f
            where not exists (
              select from platform.events e
               where e.account_id = f.account_id and e.livemode = f.livemode
                 and e.id = (left(f.event_id::text, 35) || '0')::uuid
                   and e.sequence + ${placeOf('f')} = f.sequence and ${placeOf('f')} < cardinality(e.kinds))`,
  },
  {
    name: 'a delivery is of an event that the log knows',
    text: `select d.account_id, d.id from outward.deliveries d
          where not exists (
            select from platform.events e
             where e.account_id = d.account_id and e.livemode = d.livemode
               and e.id = (left(d.event_id::text, 35) || '0')::uuid
               and e.object_id = d.object_id
                 and e.sequence + ${placeOf('d')} = d.sequence and ${placeOf('d')} < cardinality(e.kinds))`,
  },
  {
    name: 'what happened stands in the feed, or waits to be handed on',
    of: 'evt',
    text: `with fronts as (${fronts}), numbered as (select account_id, livemode, event_id from outward.feed)
           select e.account_id, e.livemode, e.id
             from platform.events e
             left join fronts f on f.account_id = e.account_id and f.livemode = e.livemode
            cross join lateral generate_series(0, cardinality(e.kinds) - 1) as place
             left join numbered n on n.account_id = e.account_id and n.livemode = e.livemode
                                 and n.event_id = (left(e.id::text, 35) || to_hex(place))::uuid
            where n.event_id is null and (f.event_id is null or e.id > f.event_id) and ${isKept('e.id')}
              and not exists (select from platform.outbox o where o.event_id = e.id)`,
  },
];

/**
 * What an endpoint wanted is known of one that is as it was made. Of what was under way while it was being made
 * nobody can say.
 */
const toldOf = ({ all }: EventKinds) => ({
  name: 'an endpoint that was never changed was told of all that it wants, or will be',
  // Both sides in one list: how many there are cannot be foreseen, and joined by a plan for few they take hours.
  text: `with fronts as (${fronts}),
              names (code, name) as (values ${all.map(({ code, type }) => `(${code}, '${type}')`).join(', ')}),
              unchanged as (select * from outward.webhook_endpoints where version = 1 and state = 1)
         select account_id, endpoint_id, event_id
           from (select f.account_id, f.livemode, w.id as endpoint_id, f.event_id, true as is_wanted
                   from unchanged w
                   join outward.feed f on f.account_id = w.account_id and f.livemode = w.livemode
                   join fronts o on o.account_id = w.account_id and o.livemode = w.livemode
                   join platform.events e on e.account_id = f.account_id and e.livemode = f.livemode
                                         and e.id = (left(f.event_id::text, 35) || '0')::uuid
                   join names k on k.code = e.kinds[${placeOf('f')} + 1]
                  where (w.enabled_events is null or k.name = any (w.enabled_events))
                    and platform.id_seconds(f.event_id) > platform.id_seconds(w.id) + 60
                    and f.event_id > o.event_id and ${isKept('f.event_id')}
                 union all
                 select d.account_id, d.livemode, d.endpoint_id, d.event_id, false
                   from outward.deliveries d
                  where d.endpoint_id in (select id from unchanged)) each
          group by account_id, livemode, endpoint_id, event_id
         having bool_and(is_wanted)`,
});

export const module = {
  name: 'outward/webhooks',
  migrations: new URL('./migrations/', import.meta.url),
  routes: ({ eventKinds }: { readonly eventKinds: EventKinds }) => [
    ...endpointRoutes,
    ...deliveryRoutes(eventKinds),
    ...feedRoutes(eventKinds),
  ],
  resources: [
    { object: 'webhook_endpoint', permission: 'webhook_endpoints' },
    { object: 'webhook_delivery', permission: 'webhook_endpoints' },
    { object: 'event_feed', permission: 'events' },
  ],
  undelivered: { of: loadUndelivered, pages: undeliveredEvents },
  trace: () => traceDeliveries,
  listeners: ({ eventKinds }: { readonly eventKinds: EventKinds }): readonly Listener[] => [
    {
      name: 'outward/webhooks',
      appetite: (context) => pumpOf(context).appetite(),
      hear: (context, tx, changes, onceCommitted) =>
        pumpOf(context).hear(context, tx, eventKinds, { changes, onceCommitted }),
    },
  ],
  rounds: ({ eventKinds }: { readonly eventKinds: EventKinds }) => [
    { run: (context: Context) => pumpOf(context).tend(context) },
    { run: replayPiece, asks: areReplaysDue },
    {
      run: (context: Context) => pumpOf(context).round(context, eventKinds),
      asks: areDeliveriesDue,
    },
  ],
  takeOver: takeOverDeliveries,
  idle: (context: Context) => pumpOf(context).idle(context),
  periodicJobs: [{ name: 'webhooks.forget', everyMs: DAY_MS, run: forgetOld }],
  checks,
  checksOfEvents: ({ eventKinds }: { readonly eventKinds: EventKinds }) => [toldOf(eventKinds)],
};
