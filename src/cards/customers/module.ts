import { DELETE_JOB } from '#cards/test-clocks';
import { deleteOldClock } from './delete-test-clock.ts';
import { customerEventKinds } from './events.ts';
import { customerMethodRoutes } from './method-routes.ts';
import { customerResources } from './resources.ts';
import { customerRoutes } from './routes.ts';

export const module = {
  name: 'cards/customers',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => [...customerRoutes, ...customerMethodRoutes],
  resources: customerResources,
  eventKinds: customerEventKinds,
  jobs: [{ name: DELETE_JOB, run: deleteOldClock }],
  checks: [
    {
      name: 'the last event of a customer carries its version',
      text: `select c.account_id, c.id, c.version, max(e.sequence + cardinality(e.kinds) - 1) as last
               from cards.customers c
               left join platform.events e
                 on e.account_id = c.account_id and e.livemode = c.livemode and e.object_id = c.id
              group by c.account_id, c.livemode, c.id, c.version
             having c.version is distinct from max(e.sequence + cardinality(e.kinds) - 1)`,
    },
  ],
};
