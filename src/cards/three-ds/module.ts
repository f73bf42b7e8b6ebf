import { checks } from './checks.ts';
import { expireAuthentications } from './expire-authentications.ts';
import { traceAuthentications } from './trace.ts';

export const module = {
  name: 'cards/three-ds',
  migrations: new URL('./migrations/', import.meta.url),
  rounds: [expireAuthentications],
  checks,
  trace: traceAuthentications,
};
