import { checks } from './checks.ts';
import { traceOperations } from './trace.ts';

export const module = {
  name: 'rails/operations',
  migrations: new URL('./migrations/', import.meta.url),
  trace: () => traceOperations,
  checks,
};
