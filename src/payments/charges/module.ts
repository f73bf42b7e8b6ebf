import { chargeEventKinds } from './events.ts';
import { chargeResources } from './resources.ts';

export const module = {
  name: 'payments/charges',
  migrations: new URL('./migrations/', import.meta.url),
  resources: chargeResources,
  eventKinds: chargeEventKinds,
};
