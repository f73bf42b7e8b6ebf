import { checks } from './checks.ts';

export const module = {
  name: 'rails/operations',
  migrations: new URL('./migrations/', import.meta.url),
  checks,
};
