export const module = { name: 'platform/postgres' };
