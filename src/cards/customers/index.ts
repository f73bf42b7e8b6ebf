export { changeTold } from './change-told.ts';
export type { Customer } from './customer.ts';
export { keepingFor } from './customer-methods.ts';
export { findCustomer, findCustomerNamed } from './find-customer.ts';
export { makeCustomer } from './make-customer.ts';
