import { checks } from './checks.ts';
import { refundEventKinds } from './events.ts';
import { onOperation } from './hear.ts';
import { releaseJob } from './release.ts';
import { refundResources } from './resources.ts';
import { refundRoutes } from './routes.ts';

export const module = {
  name: 'payments/refunds',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => refundRoutes,
  resources: refundResources,
  eventKinds: refundEventKinds,
  jobs: [releaseJob],
  onOperation,
  checks,
};
