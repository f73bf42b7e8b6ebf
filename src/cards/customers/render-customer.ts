// How a customer is shown: Stripe's shape, checked by the compiler against Stripe's own types.

import type Stripe from 'stripe';
import { CUSTOMER } from '#cards/methods';
import { spellId, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import type { Customer, TaxId } from './customer.ts';

export const renderCustomer = (customer: Customer, livemode: boolean) =>
  ({
    id: spellId(CUSTOMER, customer.id),
    object: 'customer',
    address: customer.address,
    balance: customer.balance,
    ...(customer.business_name === null ? {} : { business_name: customer.business_name }),
    created: createdSeconds(customer.id),
    currency: null,
    customer_account: null,
    default_source: customer.default_source,
    delinquent: false,
    description: customer.description,
    discount: null,
    email: customer.email,
    ...(customer.individual_name === null ? {} : { individual_name: customer.individual_name }),
    invoice_prefix: customer.invoice_prefix,
    invoice_settings: {
      custom_fields:
        customer.invoice_settings.custom_fields?.map(({ name, value }) => ({ name, value })) ??
        null,
      default_payment_method: customer.default_payment_method,
      footer: customer.invoice_settings.footer,
      rendering_options: customer.invoice_settings.rendering_options,
    },
    livemode,
    metadata: customer.metadata,
    name: customer.name,
    next_invoice_sequence: customer.next_invoice_sequence,
    phone: customer.phone,
    preferred_locales: [...customer.preferred_locales],
    shipping: customer.shipping,
    tax_exempt: customer.tax_exempt,
    test_clock: customer.test_clock,
  }) satisfies Wire<Stripe.Customer>;

export const renderDeletedCustomer = (customer: Pick<Customer, 'id'>) =>
  ({
    id: spellId(CUSTOMER, customer.id),
    object: 'customer',
    deleted: true,
  }) satisfies Wire<Stripe.DeletedCustomer>;

export const renderAny = (customer: Customer, livemode: boolean) =>
  customer.deleted ? renderDeletedCustomer(customer) : renderCustomer(customer, livemode);

export const renderTaxId = (taxId: TaxId, customer: Customer, livemode: boolean) =>
  ({
    id: spellId('txi', taxId.id),
    object: 'tax_id',
    country: countryOf(taxId.type),
    created: createdSeconds(taxId.id),
    customer: spellId(CUSTOMER, customer.id),
    customer_account: null,
    livemode,
    owner: { customer: spellId(CUSTOMER, customer.id), customer_account: null, type: 'customer' },
    type: taxId.type as Wire<Stripe.TaxId>['type'],
    value: taxId.value,
    // Nobody has looked it up in a register, and so nothing is claimed of it.
    verification: { status: 'unavailable', verified_address: null, verified_name: null },
  }) satisfies Wire<Stripe.TaxId>;

export const renderCashBalance = (customer: Customer, livemode: boolean) =>
  ({
    object: 'cash_balance',
    available: null,
    customer: spellId(CUSTOMER, customer.id),
    customer_account: null,
    livemode,
    settings: {
      reconciliation_mode: customer.cash_balance_mode ?? 'automatic',
      using_merchant_default: customer.cash_balance_mode === null,
    },
  }) satisfies Wire<Stripe.CashBalance>;

export const renderTax = (customer: Customer) =>
  ({
    automatic_tax: 'not_collecting',
    ip_address: customer.tax_ip_address,
    location: null,
    provider: 'stripe',
  }) satisfies Wire<Stripe.Customer.Tax>;

const createdSeconds = (id: string): number => Math.floor(uuidMs(id) / 1000);

/** `de_stn` is of Germany; `eu_vat` names no single country. */
const countryOf = (type: string): string | null => {
  const [country = ''] = type.split('_');
  return country === 'eu' ? null : country.toUpperCase();
};
