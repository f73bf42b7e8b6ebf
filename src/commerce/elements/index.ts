export { elementsHandlers } from './handlers.ts';
