import { clockRoutes } from './routes.ts';

export const module = {
  name: 'platform/clock',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => clockRoutes,
  resources: [{ object: 'test_helpers.clock', permission: 'clock' }],
  checks: [
    {
      name: 'where live mode has run the time is the real one',
      text: 'select offset_ms from platform.clock where is_real and offset_ms <> 0',
    },
  ],
};
