import { chargeEventKinds } from './events.ts';
import { chargeResources } from './resources.ts';
import { traceCharges } from './trace.ts';

export const module = {
  name: 'payments/charges',
  migrations: new URL('./migrations/', import.meta.url),
  resources: chargeResources,
  eventKinds: chargeEventKinds,
  trace: traceCharges,
};
