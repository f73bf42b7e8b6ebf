import { confirmationRoutes } from './routes.ts';

export const module = {
  name: 'payments/confirmation',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => confirmationRoutes,
};
