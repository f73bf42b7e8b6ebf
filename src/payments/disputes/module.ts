import { answerJob } from './answer-provider.ts';
import { checks } from './checks.ts';
import { disputeEventKinds } from './events.ts';
import { onDispute } from './hear.ts';
import { disputeResources } from './resources.ts';
import { disputeRoutes } from './routes.ts';

export const module = {
  name: 'payments/disputes',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => disputeRoutes,
  resources: disputeResources,
  eventKinds: disputeEventKinds,
  jobs: [answerJob],
  onDispute,
  checks,
};
