import { chargeRoutes } from './charge-routes.ts';
import { checks } from './checks.ts';
import { intentEventKinds } from './events.ts';
import { onOperation } from './hear.ts';
import { lookAfterDue } from './look-after.ts';
import { intentResources } from './resources.ts';
import { intentRoutes } from './routes.ts';

export const module = {
  name: 'payments/intents',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => [...intentRoutes, ...chargeRoutes],
  resources: intentResources,
  eventKinds: intentEventKinds,
  onOperation,
  checks,
  rounds: [lookAfterDue],
};
