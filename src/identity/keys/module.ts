export const module = {
  name: 'identity/keys',
  migrations: new URL('./migrations/', import.meta.url),
};
