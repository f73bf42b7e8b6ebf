export const module = {
  name: 'rails/connectors',
  migrations: new URL('./migrations/', import.meta.url),
};
