import type { Context } from '#kit/context';
import { lastEventCarriesItsNumber } from '#platform/events';
import { sessionEventKinds } from './events.ts';
import { expireDueSessions } from './expire-due.ts';
import { lookRoutes } from './look-routes.ts';
import { onPayment } from './on-payment.ts';
import { onSetup } from './on-setup.ts';
import { pageRoutes } from './page-routes.ts';
import { sessionResources } from './resources.ts';
import { sessionRoutes } from './routes.ts';
import { areSessionsDue } from './sessions.store.ts';
import { WATCH_EVERY_MS, watchLivePage } from './watch-page.ts';

// What holds of sessions across the tables they touch.
const checks = [
  {
    name: 'a complete session that is paid has a payment of exactly what it showed',
    text: `select s.account_id, s.id, s.amount, i.amount as charged, i.received
             from commerce.checkout_sessions s
             left join payments.intents i on i.account_id = s.account_id and i.livemode = s.livemode
                                         and i.id = s.intent_id
            where s.status = 2 and s.details->>'paymentStatus' = 'paid'
              and (i.id is null or i.status <> 6 or i.amount <> s.amount or i.currency <> s.currency)`,
  },
  {
    name: 'a payment that a session made and that was paid has completed it, in the same moment',
    text: `select i.account_id, i.id, i.status, s.status as session_status
             from payments.intents i
             left join commerce.checkout_sessions s
               on s.account_id = i.account_id and s.livemode = i.livemode
              and s.id = (i.details->'madeBy'->>'id')::uuid
            where i.details->'madeBy'->>'object' = 'checkout.session' and i.status in (5, 6)
              and (s.id is null or s.status <> 2 or s.intent_id <> i.id)`,
  },
  {
    name: 'the payment of an expired session is canceled, or will be as soon as it is known',
    text: `select s.account_id, s.id, i.status
             from commerce.checkout_sessions s
             join payments.intents i on i.account_id = s.account_id and i.livemode = s.livemode
                                    and i.id = s.intent_id
            where s.status = 3 and i.status <> 7 and i.details->>'cancelWanted' is null`,
  },
  {
    name: 'a card that a session wanted to keep and that was kept has completed it, in the same moment',
    text: `select i.account_id, i.id, s.status as session_status
             from payments.setup_intents i
             left join commerce.checkout_sessions s
               on s.account_id = i.account_id and s.livemode = i.livemode
              and s.id = (i.details->'madeBy'->>'id')::uuid
            where i.details->'madeBy'->>'object' = 'checkout.session' and i.status = 5
              and (s.id is null or s.status <> 2 or s.details->>'setupId' <> i.id::text)`,
  },
  {
    name: 'a link has as many places taken as sessions of it that have one, and no more than it may',
    text: `select p.account_id, p.link_id, p.taken, p.places, count(s.id) as sessions
             from commerce.link_places p
             left join commerce.checkout_sessions s
               on s.account_id = p.account_id and s.livemode = p.livemode and s.link_id = p.link_id
              and (s.details->>'hasPlace')::boolean
            group by p.account_id, p.livemode, p.link_id
           having p.taken <> count(s.id) or p.taken > p.places`,
  },
  {
    name: 'a session of a link that is complete has a place, and one that is expired has none',
    text: `select s.account_id, s.id, s.status from commerce.checkout_sessions s
            where s.link_id is not null
              and (s.status = 2 and not (s.details->>'hasPlace')::boolean
                   or s.status = 3 and (s.details->>'hasPlace')::boolean)`,
  },
  {
    name: 'every session of an order that can be paid or was is the one by which the order is registered',
    text: `select s.account_id, s.id, s.order_reference
             from commerce.checkout_sessions s
            where s.order_reference is not null and s.status <> 3
              and not exists (select from payments.orders o
                               where o.account_id = s.account_id and o.livemode = s.livemode
                                 and o.order_reference = s.order_reference and o.owner_id = s.id)`,
  },
  {
    name: 'an order that is registered by a session is the order of that session',
    text: `select o.account_id, o.order_reference, o.owner_id
             from payments.orders o
            where o.kind = 2
              and not exists (select from commerce.checkout_sessions s
                               where s.account_id = o.account_id and s.livemode = o.livemode
                                 and s.id = o.owner_id and s.order_reference = o.order_reference)`,
  },
  {
    name: 'no order is registered by a session that can be paid no more',
    text: `select o.account_id, o.owner_id, o.order_reference
             from payments.orders o
             join commerce.checkout_sessions s on s.account_id = o.account_id and s.livemode = o.livemode
                                              and s.id = o.owner_id
            where o.kind = 2 and s.status = 3`,
  },
  lastEventCarriesItsNumber({ what: 'a session', table: 'commerce.checkout_sessions' }),
];

export const module = {
  name: 'commerce/checkout',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => [...sessionRoutes, ...pageRoutes, ...lookRoutes],
  resources: sessionResources,
  eventKinds: sessionEventKinds,
  onPayment,
  onSetup,
  rounds: () => [{ run: expireDueSessions, asks: areSessionsDue }],
  periodicJobs: [
    {
      name: 'checkout.watch_page',
      everyMs: WATCH_EVERY_MS,
      run: (context: Context) => watchLivePage(context),
    },
  ],
  checks,
};
