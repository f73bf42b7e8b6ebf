// What a payer told a later module of themselves, kept at their customer; nothing where it was known already.

import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Cause } from '#platform/events';
import { changeCustomer } from './change-customer.ts';
import type { Customer } from './customer.ts';
import { loadCustomer } from './customers.store.ts';

export const changeTold = async (
  context: Context,
  scope: Scope,
  id: Uuid,
  told: Partial<Pick<Customer, 'name' | 'address' | 'shipping'>>,
  cause: Cause,
): Promise<readonly Write[]> => {
  const before = await loadCustomer(context, scope, id);
  if (before === undefined || before.deleted) return [];
  const after = { ...before, ...told };
  if (JSON.stringify(after) === JSON.stringify(before)) return [];
  return changeCustomer(context, scope, { before, after }, cause);
};
