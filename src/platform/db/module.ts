export const module = {
  name: 'platform/db',
  migrations: new URL('./migrations/', import.meta.url),
};
