export type { Customer } from './customer.ts';
export { findCustomer, findLivingCustomer } from './find-customer.ts';
