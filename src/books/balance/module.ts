import { balanceResources } from './resources.ts';
import { balanceRoutes } from './routes.ts';

export const module = {
  name: 'books/balance',
  routes: () => balanceRoutes,
  resources: balanceResources,
};
