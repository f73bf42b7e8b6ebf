import type { Context } from '#kit/context';
import { uuidAt } from '#kit/ids';
import type { EventKinds, Listener } from '#platform/events';
import { forgetDeliveries, loadUndelivered } from './deliveries.store.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import { endpointRoutes } from './endpoint-routes.ts';
import { forgetFeed } from './feed.store.ts';
import { feedRoutes } from './feed-routes.ts';
import { takeOverDeliveries } from './leases.store.ts';
import { createPump, type Pump } from './pump.ts';
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

export const module = {
  name: 'outward/webhooks',
  migrations: new URL('./migrations/', import.meta.url),
  routes: ({ eventKinds }: { readonly eventKinds: EventKinds }) => [
    ...endpointRoutes,
    ...deliveryRoutes,
    ...feedRoutes(eventKinds),
  ],
  resources: [
    { object: 'webhook_endpoint', permission: 'webhook_endpoints' },
    { object: 'webhook_delivery', permission: 'webhook_endpoints' },
    { object: 'event_feed', permission: 'events' },
  ],
  undelivered: loadUndelivered,
  trace: () => traceDeliveries,
  listeners: ({ eventKinds }: { readonly eventKinds: EventKinds }): readonly Listener[] => [
    {
      name: 'outward/webhooks',
      appetite: (context) => pumpOf(context).appetite(),
      hear: (context, tx, changes, onceCommitted) =>
        pumpOf(context).hear(context, tx, eventKinds, { changes, onceCommitted }),
    },
  ],
  rounds: [
    (context: Context, { eventKinds }: { readonly eventKinds: EventKinds }) =>
      pumpOf(context).round(context, eventKinds),
  ],
  takeOver: takeOverDeliveries,
  idle: (context: Context) => pumpOf(context).idle(context),
  periodicJobs: [{ name: 'webhooks.forget', everyMs: DAY_MS, run: forgetOld }],
  checks: [
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
                   and w.event_id = d.event_id and w.id = d.id)
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
      name: 'the feed tells of events that the log knows',
      text: `select f.account_id, f.livemode, f.position, f.event_id from outward.feed f
              where not exists (
                select from platform.events e
                 where e.account_id = f.account_id and e.livemode = f.livemode
                   and e.id = (left(f.event_id::text, 35) || '0')::uuid)`,
    },
    {
      name: 'a delivery is of an event that the log knows',
      text: `select d.account_id, d.id from outward.deliveries d
            where not exists (
              select from platform.events e
               where e.account_id = d.account_id and e.livemode = d.livemode
                 and e.id = (left(d.event_id::text, 35) || '0')::uuid
                 and e.object_id = d.object_id)`,
    },
  ],
};
