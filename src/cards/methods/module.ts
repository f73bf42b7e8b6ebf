import { lastEventCarriesItsNumber } from '#platform/events';
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
    lastEventCarriesItsNumber({
      what: 'a payment method',
      table: 'cards.payment_methods',
      number: "(o.details->>'events')::integer",
    }),
  ],
};
