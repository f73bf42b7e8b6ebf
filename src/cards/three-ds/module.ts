import { areAuthenticationsDue } from './authentications.store.ts';
import { checks } from './checks.ts';
import { expireAuthentications } from './expire-authentications.ts';
import { traceAuthentications } from './trace.ts';

export const module = {
  name: 'cards/three-ds',
  migrations: new URL('./migrations/', import.meta.url),
  rounds: () => [{ run: expireAuthentications, asks: areAuthenticationsDue }],
  checks,
  trace: traceAuthentications,
};
