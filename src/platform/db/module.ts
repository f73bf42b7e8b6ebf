import { checks } from './checks.ts';

export const module = {
  name: 'platform/db',
  migrations: new URL('./migrations/', import.meta.url),
  checks,
};
