export { checkoutHandlers } from './handlers.ts';
export { provideCheckout } from './settings.ts';
