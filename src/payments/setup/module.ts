import { leftBehindJob } from './ask-after-decline.ts';
import { endMandates } from './end-mandates.ts';
import { setupEventKinds } from './events.ts';
import { onOperation } from './hear.ts';
import { goOnJob, onAuthentication } from './hear-authentication.ts';
import { keepMandate } from './keep-mandate.ts';
import { setupResources } from './resources.ts';
import { setupRoutes } from './routes.ts';

// What holds of setup intents across the tables they touch.
const checks = [
  {
    name: 'a setup intent that succeeded was approved by an operation',
    text: `select s.account_id, s.id from payments.setup_intents s
            where s.status = 5
              and not exists (select from rails.operations o
                               where o.account_id = s.account_id and o.livemode = s.livemode
                                 and o.intent_id = s.id and o.kind = 9 and o.state = 3)`,
  },
  {
    name: 'a setup intent that is under way has an operation that may be alive',
    text: `select s.account_id, s.id from payments.setup_intents s
            where s.status = 4
              and not exists (select from rails.operations o
                               where o.account_id = s.account_id and o.livemode = s.livemode
                                 and o.intent_id = s.id and o.kind = 9
                                 and o.state not in (3, 4, 7, 9))
              and not exists (select from platform.jobs j
                               where j.name = 'setup.left_behind' and j.payload ->> 'setup' = s.id::text)`,
  },
];

export const module = {
  name: 'payments/setup',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => setupRoutes,
  resources: setupResources,
  eventKinds: setupEventKinds,
  onOperation,
  onAuthentication,
  onPayment: keepMandate,
  onDetached: endMandates,
  jobs: [goOnJob, leftBehindJob],
  checks,
};
