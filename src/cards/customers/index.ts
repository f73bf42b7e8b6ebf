export type { Customer } from './customer.ts';
export { findCustomer, findCustomerNamed, findLivingCustomer } from './find-customer.ts';
