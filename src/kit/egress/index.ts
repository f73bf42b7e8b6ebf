export { isLoopback, isPublicAddress } from './addresses.ts';
