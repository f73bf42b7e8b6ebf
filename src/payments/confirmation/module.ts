import { confirmationRoutes } from './routes.ts';

export const module = {
  name: 'payments/confirmation',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => confirmationRoutes,
  resources: [
    {
      object: 'confirmation_token',
      permission: 'confirmation_tokens',
      hashes: ['mandate_data', 'payment_method_options', 'payment_method_preview', 'shipping'],
    },
  ],
};
