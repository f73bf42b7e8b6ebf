import { methodEventKinds } from './events.ts';
import { methodResources } from './resources.ts';
import { methodRoutes } from './routes.ts';

export const module = {
  name: 'cards/methods',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => methodRoutes,
  resources: methodResources,
  eventKinds: methodEventKinds,
  checks: [
    {
      name: 'the last event of a payment method carries its count of events',
      text: `select m.account_id, m.id, m.details->>'events' as events, max(e.sequence + cardinality(e.kinds) - 1) as last
               from cards.payment_methods m
               left join platform.events e
                 on e.account_id = m.account_id and e.livemode = m.livemode and e.object_id = m.id
              group by m.account_id, m.livemode, m.id, m.details->>'events'
             having (m.details->>'events')::integer is distinct from coalesce(max(e.sequence + cardinality(e.kinds) - 1), 0)`,
    },
  ],
};
