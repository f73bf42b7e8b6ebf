export const module = {
  name: 'identity/accounts',
  migrations: new URL('./migrations/', import.meta.url),
};
