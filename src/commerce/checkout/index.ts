export { provideCheckout } from './settings.ts';
