// A customer: who pays a merchant. This is what is stored; `render-customer.ts` says how it is shown.

import type { Address } from '#cards/methods';
import type { Uuid } from '#kit/ids';

export type Shipping = {
  readonly address: Address;
  readonly name: string;
  readonly phone: string | null;
};

export type TaxExempt = 'exempt' | 'none' | 'reverse';

export type TaxId = {
  readonly id: Uuid;
  readonly type: string;
  readonly value: string;
};

export type InvoiceSettings = {
  readonly custom_fields: readonly { readonly name: string; readonly value: string }[] | null;
  readonly footer: string | null;
  readonly rendering_options: {
    readonly amount_tax_display: string | null;
    readonly template: string | null;
  } | null;
};

export type Customer = {
  readonly id: Uuid;
  readonly version: number;
  readonly deleted: boolean;
  readonly email: string | null;
  readonly name: string | null;
  readonly phone: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly address: Address | null;
  /** Minor units of the account's currency; negative is credit. */
  readonly balance: number;
  readonly business_name: string | null;
  readonly cash_balance_mode: 'automatic' | 'manual' | null;
  /** Ids as they are spelled: `pm_…` or `card_…`. */
  readonly default_payment_method: string | null;
  readonly default_source: string | null;
  readonly description: string | null;
  readonly individual_name: string | null;
  readonly invoice_prefix: string;
  readonly invoice_settings: InvoiceSettings;
  readonly next_invoice_sequence: number;
  readonly preferred_locales: readonly string[];
  readonly shipping: Shipping | null;
  readonly tax_exempt: TaxExempt;
  readonly tax_ids: readonly TaxId[];
  readonly tax_ip_address: string | null;
  readonly test_clock: string | null;
};

/** What is left of a customer who was deleted: that there was one. */
export const erased = (customer: Customer): Customer => ({
  ...blankCustomer(customer.id, customer.invoice_prefix),
  version: customer.version + 1,
  deleted: true,
});

export const blankCustomer = (id: Uuid, invoicePrefix: string): Customer => ({
  id,
  version: 1,
  deleted: false,
  email: null,
  name: null,
  phone: null,
  metadata: {},
  address: null,
  balance: 0,
  business_name: null,
  cash_balance_mode: null,
  default_payment_method: null,
  default_source: null,
  description: null,
  individual_name: null,
  invoice_prefix: invoicePrefix,
  invoice_settings: { custom_fields: null, footer: null, rendering_options: null },
  next_invoice_sequence: 1,
  preferred_locales: [],
  shipping: null,
  tax_exempt: 'none',
  tax_ids: [],
  tax_ip_address: null,
  test_clock: null,
});
