import { lastEventCarriesItsNumber } from '#platform/events';
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
    lastEventCarriesItsNumber({
      what: 'a link',
      table: 'commerce.payment_links',
      number: 'o.version',
    }),
  ],
};
