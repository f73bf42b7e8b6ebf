// What a payer told a later module of themselves, kept at their customer; nothing where it was known already.

import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { appendChange } from '#platform/events';
import type { Customer } from './customer.ts';
import { loadCustomer, updateCustomer } from './customers.store.ts';
import { customerSnapshot, customerUpdated } from './events.ts';

export const changeTold = async (
  context: Context,
  scope: Scope,
  id: Uuid,
  told: Partial<Pick<Customer, 'name' | 'address' | 'shipping'>>,
  cause: { readonly requestId: string; readonly idempotencyKey: string | null } | null,
): Promise<readonly Write[]> => {
  const before = await loadCustomer(context, scope, id);
  if (before === undefined || before.deleted) return [];
  const after = { ...before, ...told };
  if (JSON.stringify(after) === JSON.stringify(before)) return [];
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
