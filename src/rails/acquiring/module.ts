import { checks } from './checks.ts';
import { onOperation } from './clearing-entry.ts';

export const module = {
  name: 'rails/acquiring',
  migrations: new URL('./migrations/', import.meta.url),
  onOperation,
  checks,
};
