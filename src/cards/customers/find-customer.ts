import { CUSTOMER } from '#cards/methods';
import type { Context, Scope } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { missingIn, resourceMissing } from '#platform/http';
import type { Customer } from './customer.ts';
import { loadCustomer } from './customers.store.ts';

/** The customer of that id, deleted ones included; or the refusal that says what is wrong with it. */
export const findCustomer = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<Customer> => {
  const id = parseId(CUSTOMER, spelled);
  const customer = id && (await loadCustomer(context, scope, id));
  if (!customer) throw await customerMissing(context, scope, spelled, id);
  return customer;
};

/** For changes: a deleted customer cannot be changed. */
export const findLivingCustomer = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<Customer> => {
  const customer = await findCustomer(context, scope, spelled);
  if (customer.deleted) throw resourceMissing({ noun: 'customer', id: spelled });
  return customer;
};

/** Named by a parameter rather than by the URL: then the parameter is at fault. */
export const findCustomerNamed = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param: string,
): Promise<Customer> => {
  const id = parseId(CUSTOMER, spelled);
  const customer = id && (await loadCustomer(context, scope, id));
  if (customer && !customer.deleted) return customer;
  throw await customerMissing(context, scope, spelled, id, param);
};

const customerMissing = (
  context: Context,
  scope: Scope,
  spelled: string,
  id: Uuid | null,
  param?: string,
) =>
  missingIn(
    scope,
    { noun: 'customer', id: spelled, param },
    (other) => id && loadCustomer(context, other, id),
  );
