export const module = {
  name: 'identity/audit',
  migrations: new URL('./migrations/', import.meta.url),
};
