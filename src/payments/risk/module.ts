import { type Context, realClock } from '#kit/context';
import { uuidAt } from '#kit/ids';
import { traceTries } from './trace.ts';
import { forgetTries } from './tries.store.ts';

const KEPT_MS = 7 * 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
const AT_ONCE = 5_000;

const forgetOld = async (context: Context): Promise<void> => {
  const before = uuidAt(realClock(context.clock).now() - KEPT_MS);
  for (let gone = AT_ONCE; gone === AT_ONCE; ) gone = await forgetTries(context, before, AT_ONCE);
};

export const module = {
  name: 'payments/risk',
  migrations: new URL('./migrations/', import.meta.url),
  periodicJobs: [{ name: 'risk.forget', everyMs: HOUR_MS, run: forgetOld }],
  trace: traceTries,
};
