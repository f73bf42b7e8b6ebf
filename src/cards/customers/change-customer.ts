// A customer as they are from now on, and the event that tells of it.

import type { Context, Scope, Write } from '#kit/context';
import { appendChange, type Cause } from '#platform/events';
import type { Customer } from './customer.ts';
import { updateCustomer } from './customers.store.ts';
import { customerSnapshot, customerUpdated } from './events.ts';

export const changeCustomer = (
  context: Context,
  scope: Scope,
  change: { readonly before: Customer; readonly after: Customer },
  cause: Cause,
): readonly Write[] => {
  const { before, after } = change;
  const customer = { ...after, version: before.version + 1 };
  return [
    updateCustomer(scope, customer),
    appendChange(context, {
      scope,
      objectId: customer.id,
      sequence: customer.version,
      kinds: [customerUpdated],
      snapshot: customerSnapshot(customer, before),
      request: cause,
    }),
  ];
};
