import { linkEventKinds } from './events.ts';
import { linkPaidJob } from './limit-reached.ts';
import { linkResources } from './resources.ts';
import { linkRoutes } from './routes.ts';

export const module = {
  name: 'commerce/links',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => linkRoutes,
  resources: linkResources,
  eventKinds: linkEventKinds,
  jobs: [linkPaidJob],
  checks: [
    {
      name: 'the last event of a link carries its version',
      text: `select l.account_id, l.id, l.version
               from commerce.payment_links l
               left join platform.events e on e.account_id = l.account_id and e.livemode = l.livemode
                                          and e.object_id = l.id
              group by l.account_id, l.livemode, l.id, l.version
             having l.version is distinct from max(e.sequence + cardinality(e.kinds) - 1)`,
    },
  ],
};
