import { forgetOldAnswers } from './answers.ts';

export const module = {
  name: 'platform/idempotency',
  migrations: new URL('./migrations/', import.meta.url),
  periodicJobs: [{ name: 'idempotency.forget', everyMs: 10 * 60_000, run: forgetOldAnswers }],
};
