import { nothingAttached } from '#cards/methods';
import type { Context } from '#kit/context';
import { appendChange } from '#platform/events';
import type { ApiRequest, Outcome } from '#platform/http';
import { erased } from './customer.ts';
import { detachAll } from './customer-methods.ts';
import { updateCustomer } from './customers.store.ts';
import { customerDeleted, customerSnapshot } from './events.ts';
import { findLivingCustomer } from './find-customer.ts';
import { renderDeletedCustomer } from './render-customer.ts';

/** What was known of the person goes from the table; that there was a customer stays. */
export const deleteCustomer = async (
  context: Context,
  request: Omit<ApiRequest, 'parameters'>,
): Promise<Outcome> => {
  const { scope } = request;
  const before = await findLivingCustomer(context, scope, request.path['customer'] ?? '');
  const customer = erased(before);

  return {
    body: renderDeletedCustomer(customer),
    writes: [
      updateCustomer(scope, customer),
      ...(await detachAll(context, scope, before, request)),
      nothingAttached(scope, before.id),
      appendChange(context, {
        scope,
        objectId: customer.id,
        sequence: customer.version,
        kinds: [customerDeleted],
        snapshot: customerSnapshot(before),
        request,
      }),
    ],
  };
};
