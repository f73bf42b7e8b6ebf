import { DELETE_JOB } from '#cards/test-clocks';
import { lastEventCarriesItsNumber } from '#platform/events';
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
    lastEventCarriesItsNumber({
      what: 'a customer',
      table: 'cards.customers',
      number: 'o.version',
    }),
  ],
};
