import { areReleasesUntold } from '#books/ledger';
import { balanceAvailable } from './events.ts';
import { balanceResources } from './resources.ts';
import { balanceRoutes } from './routes.ts';
import { tellAvailable } from './tell-available.ts';

export const module = {
  name: 'books/balance',
  routes: () => balanceRoutes,
  resources: balanceResources,
  eventKinds: [balanceAvailable],
  rounds: () => [{ run: tellAvailable, asks: areReleasesUntold }],
};
