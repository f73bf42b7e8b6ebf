// What `expand` finds at a customer.

import { CUSTOMER, loadNewestSources, renderSource } from '#cards/methods';
import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import {
  includingNewest,
  list,
  loadingById,
  neverFilled,
  type ResourceDefinition,
} from '#platform/http';
import type { Customer } from './customer.ts';
import { loadCustomers } from './customers.store.ts';
import { renderAny, renderCashBalance, renderTax, renderTaxId } from './render-customer.ts';
import { listSources, loadSourcesById } from './sources.ts';

/** Undefined: there is nothing of that to show. */
type Show = (customer: Customer, livemode: boolean, id: string) => unknown;

const load = (show: Show) =>
  loadingById(CUSTOMER, loadCustomers, (customer, livemode) =>
    show(customer, livemode, spellId(CUSTOMER, customer.id)),
  );

const sourcesUrl = (id: string): string => `/v1/customers/${id}/sources`;

const listAt = (id: string, name: string, rows: readonly unknown[]) =>
  list(`/v1/customers/${id}/${name}`, { rows, hasMore: false });

/** From this version on they have to be asked for. */
const ENDED = '2020-08-27';

/** Absent unless asked for. Of a customer who was deleted nothing is left to include. */
const includable: Readonly<
  Record<string, { readonly of: readonly string[]; readonly show: Show; readonly until?: string }>
> = {
  cash_balance: { of: ['cash_balance'], show: renderCashBalance },
  // No invoice is written yet, and so no credit waits for one in any currency.
  invoice_credit_balance: { of: ['invoice_credit_balance'], show: () => ({}) },
  tax: { of: ['tax'], show: renderTax },
  tax_ids: {
    of: ['tax_id'],
    until: ENDED,
    show: (customer, livemode, id) =>
      listAt(
        id,
        'tax_ids',
        customer.tax_ids.map((taxId) => renderTaxId(taxId, customer, livemode)),
      ),
  },
  // Nothing can be subscribed to yet, and so the list is truly empty.
  subscriptions: {
    of: ['subscription'],
    until: ENDED,
    show: (_, __, id) => listAt(id, 'subscriptions', []),
  },
};

const customer: ResourceDefinition = {
  object: 'customer',
  permission: 'customers',
  owns: (id) => id.startsWith(`${CUSTOMER}_`),
  load: load(renderAny),
  hashes: ['address', 'discount', 'invoice_settings', 'shipping'],
  expandable: {
    default_source: { to: ['card'] },
    sources: {
      of: ['card'],
      include: includingNewest(CUSTOMER, loadNewestSources, {
        url: sourcesUrl,
        show: renderSource,
      }),
      until: ENDED,
      grows: { by: 'customer', url: sourcesUrl },
    },
    'invoice_settings.default_payment_method': { to: ['payment_method'] },
    test_clock: { to: ['test_helpers.test_clock'] },
    'discount.customer': neverFilled,
    'discount.promotion_code': neverFilled,
    'discount.source.coupon': neverFilled,
    ...Object.fromEntries(
      Object.entries(includable).map(([name, { of, show, until }]) => [
        name,
        {
          of,
          ...(until === undefined ? {} : { until }),
          include: load((found, livemode, id) =>
            found.deleted ? undefined : show(found, livemode, id),
          ),
        },
      ]),
    ),
  },
};

/**
 * What was asked to be included in the answer of a change. The answer is rendered before the change is
 * committed, so what is in the database is not yet what it shows.
 */
export const includedIn = (
  changed: Customer,
  livemode: boolean,
  paths: readonly string[],
): Record<string, unknown> => {
  const names = new Set(paths.map((path) => path.split('.', 1)[0] ?? ''));
  const id = spellId(CUSTOMER, changed.id);
  return Object.fromEntries(
    Object.entries(includable)
      .filter(([name]) => names.has(name))
      .map(([name, { show }]) => [name, show(changed, livemode, id)]),
  );
};

/** As they are once a source was taken, which replaces the default that was there. */
export const sourcesIncluded = async (
  context: Context,
  scope: Scope,
  paths: readonly string[],
  change: {
    readonly customer: Customer;
    readonly before: Customer | null;
    readonly related: Readonly<Record<string, unknown>>;
  },
): Promise<Record<string, unknown>> => {
  const { customer, before, related } = change;
  const made = Object.values(related);
  const isWanted = paths.some((path) => path.split('.', 1)[0] === 'sources');
  if (!isWanted || made.length === 0) return {};
  const id = spellId(CUSTOMER, customer.id);
  if (before === null) return { sources: listAt(id, 'sources', made) };
  const old = await listSources(context, scope, { customerId: customer.id, id }, {});
  const kept = old.data.filter((source) => source?.id !== before.default_source);
  return { sources: { ...old, data: [...made, ...kept] } };
};

/** A card in the older spelling, by its id. */
const card: ResourceDefinition = {
  object: 'card',
  permission: 'customers',
  owns: (id) => id.startsWith('card_'),
  expandable: { customer: { to: ['customer'] } },
  load: loadSourcesById,
};

export const customerResources = [customer, card];
