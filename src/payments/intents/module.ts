import type { Trace } from '#platform/events';
import { bankMethodRoutes } from './bank-method-routes.ts';
import { chargeRoutes } from './charge-routes.ts';
import { intentEventKinds } from './events.ts';
import { onOperation } from './hear.ts';
import { goOnJob, onAuthentication } from './hear-authentication.ts';
import { lookAfterDue } from './look-after.ts';
import { intentResources } from './resources.ts';
import { intentRoutes } from './routes.ts';
import { traceOfIntent } from './trace.ts';

// What holds of payments across the tables they touch.
const checks = [
  {
    name: 'an intent has received what its charges have captured, but for what nobody wanted',
    text: `select i.account_id, i.id, i.received, coalesce(sum(c.captured), 0) as captured
             from payments.intents i
             left join payments.charges c on c.account_id = i.account_id and c.livemode = i.livemode
                                         and c.intent_id = i.id and c.details->>'isUnwanted' = 'false'
            group by i.account_id, i.livemode, i.id, i.received
           having i.received <> coalesce(sum(c.captured), 0)`,
  },
  {
    name: 'no intent has two charges that stand',
    text: `select account_id, intent_id from payments.charges
            where status = 2 and details->>'isUnwanted' = 'false'
            group by account_id, livemode, intent_id having count(*) > 1`,
  },
  {
    name: 'every charge that succeeded has an operation that was approved, of the same amount with what raised it',
    text: `select c.account_id, c.id, o.state, raised.amount
             from payments.charges c
             left join rails.operations o on o.account_id = c.account_id and o.livemode = c.livemode
                                         and o.id = c.operation_id
            cross join lateral (
                   select coalesce(sum(i.amount), 0) as amount from rails.operations i
                     left join rails.requests r on r.account_id = i.account_id and r.livemode = i.livemode
                                               and r.operation_id = i.id
                    where i.account_id = c.account_id and i.livemode = c.livemode
                      and coalesce(i.original_id, r.original_id) = c.operation_id
                      and i.intent_id = c.intent_id and i.kind = 10 and i.state = 3) raised
            where c.status = 2
              and (o.id is null or o.state <> 3 or o.amount + raised.amount <> c.amount)`,
  },
  {
    name: 'what is captured was approved by operations',
    text: `select c.account_id, c.id, c.captured
             from payments.charges c
             left join rails.operations o on o.account_id = c.account_id and o.livemode = c.livemode
                                         and o.intent_id = c.intent_id and o.kind = 3 and o.state = 3
            where c.details->>'kind' = 'authorize' and c.details->>'isUnwanted' = 'false' and c.status = 2
            group by c.account_id, c.livemode, c.id, c.captured
           having c.captured <> coalesce(sum(o.amount), 0)`,
  },
  {
    name: 'a payment that is under way has an operation that may be alive, or is looked after',
    text: `select i.account_id, i.id, i.status
             from payments.intents i
            where i.status = 4 and i.due_at is null
              and i.details->>'doing' in ('payment', 'increment', 'capture')
              and not exists (select from rails.operations o
                               where o.account_id = i.account_id and o.livemode = i.livemode
                                 and o.intent_id = i.id and o.state not in (3, 4, 7, 9))`,
  },
  {
    name: 'every payment of an order is the one by which the order is registered',
    text: `select i.account_id, i.id, i.order_reference
             from payments.intents i
            where i.order_reference is not null
              and not exists (select from payments.orders o
                               where o.account_id = i.account_id and o.livemode = i.livemode
                                 and o.order_reference = i.order_reference and o.owner_id = i.id)`,
  },
  {
    name: 'the last event of an intent carries its number',
    text: `select i.account_id, i.id, i.events
             from payments.intents i
             left join platform.events e on e.account_id = i.account_id and e.livemode = i.livemode
                                        and e.object_id = i.id
            group by i.account_id, i.livemode, i.id, i.events
           having i.events <> coalesce(max(e.sequence + cardinality(e.kinds) - 1), 0)`,
  },
];

export const module = {
  name: 'payments/intents',
  migrations: new URL('./migrations/', import.meta.url),
  routes: ({ trace }: { readonly trace: Trace }) => [
    ...intentRoutes(trace),
    ...bankMethodRoutes,
    ...chargeRoutes,
  ],
  trace: traceOfIntent,
  resources: intentResources,
  eventKinds: intentEventKinds,
  onOperation,
  onAuthentication,
  jobs: [goOnJob],
  checks,
  rounds: [lookAfterDue],
};
