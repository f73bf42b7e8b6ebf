import { chargeEventKinds } from './events.ts';
import { chargeResources } from './resources.ts';
import { traceCharges } from './trace.ts';

// Copied from the intent and its operations, which are refused otherwise.
const checks = [
  {
    name: 'a charge has a currency and the number of an attempt',
    text: `select account_id, id from payments.charges where currency !~ '^[a-z]{3}$' or attempt < 1`,
  },
];

export const module = {
  name: 'payments/charges',
  migrations: new URL('./migrations/', import.meta.url),
  resources: chargeResources,
  eventKinds: chargeEventKinds,
  trace: traceCharges,
  checks,
};
