// What `expand` finds at a customer.

import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { list, type ResourceDefinition } from '#platform/http';
import type { Customer } from './customer.ts';
import { loadCustomers } from './customers.store.ts';
import {
  CUSTOMER,
  renderAny,
  renderCashBalance,
  renderTax,
  renderTaxId,
} from './render-customer.ts';

type Show = (customer: Customer, livemode: boolean, id: string) => unknown;

const load = (show: Show) => async (context: Context, scope: Scope, ids: readonly string[]) => {
  const uuids = ids.map((id) => parseId(CUSTOMER, id)).filter((uuid) => uuid !== null);
  const customers = await loadCustomers(context, scope, uuids);
  const shown = new Map<string, unknown>();
  for (const id of ids) {
    const customer = customers.get(parseId(CUSTOMER, id) ?? '');
    if (customer) shown.set(id, show(customer, scope.livemode, id));
  }
  return shown;
};

const listAt = (id: string, name: string, rows: readonly unknown[]) =>
  list(`/v1/customers/${id}/${name}`, { rows, hasMore: false });

const customer: ResourceDefinition = {
  object: 'customer',
  permission: 'customers',
  owns: (id) => id.startsWith(`${CUSTOMER}_`),
  load: load(renderAny),
  expandable: {
    default_source: { to: ['card', 'source'] },
    'invoice_settings.default_payment_method': { to: ['payment_method'] },
    test_clock: { to: ['test_helpers.test_clock'] },
    cash_balance: { of: ['cash_balance'], include: load(renderCashBalance) },
    tax: { of: ['tax'], include: load(renderTax) },
    tax_ids: {
      of: ['tax_id'],
      include: load((of, livemode, id) =>
        listAt(
          id,
          'tax_ids',
          of.tax_ids.map((taxId) => renderTaxId(taxId, of, livemode)),
        ),
      ),
    },
    // Nothing can be attached to a customer yet, and so the lists are truly empty.
    sources: { of: ['card', 'source'], include: load((_, __, id) => listAt(id, 'sources', [])) },
    subscriptions: {
      of: ['subscription'],
      include: load((_, __, id) => listAt(id, 'subscriptions', [])),
    },
  },
};

export const customerResources = [customer];
