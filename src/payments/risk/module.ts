import { type Context, realClock } from '#kit/context';
import { forgetTries } from './tries.store.ts';

const KEPT_MS = 7 * 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;

export const module = {
  name: 'payments/risk',
  migrations: new URL('./migrations/', import.meta.url),
  periodicJobs: [
    {
      name: 'risk.forget',
      everyMs: HOUR_MS,
      run: (context: Context) => forgetTries(context, realClock(context.clock).now() - KEPT_MS),
    },
  ],
};
