import { nothingAttached } from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import { appendChange, type Cause } from '#platform/events';
import type { ApiRequest, Outcome } from '#platform/http';
import { type Customer, erased } from './customer.ts';
import { detachAll } from './customer-methods.ts';
import { updateCustomer } from './customers.store.ts';
import { customerDeleted, customerSnapshot } from './events.ts';
import { findLivingCustomer } from './find-customer.ts';
import { renderDeletedCustomer } from './render-customer.ts';

export const deleteCustomer = async (
  context: Context,
  request: Omit<ApiRequest, 'parameters'>,
): Promise<Outcome> => {
  const { scope } = request;
  const customer = await findLivingCustomer(context, scope, request.path['customer'] ?? '');
  return {
    body: renderDeletedCustomer(customer),
    writes: await deletionOf(context, scope, customer, request),
  };
};

/** What was known of the person goes from the table, and what they paid with; that there was a customer stays. */
export const deletionOf = async (
  context: Context,
  scope: Scope,
  before: Customer,
  cause: Cause,
): Promise<Write[]> => {
  const customer = erased(before);
  return [
    updateCustomer(scope, customer),
    ...(await detachAll(context, scope, before, cause)),
    nothingAttached(scope, before.id),
    appendChange(context, {
      scope,
      objectId: customer.id,
      sequence: customer.version,
      kinds: [customerDeleted],
      snapshot: customerSnapshot(before),
      request: cause,
    }),
  ];
};
