// What a customer becomes by what was asked: pure, and the same for create and update. A field that
// was not sent keeps its value; null, sent as an empty string, unsets it.

import { isIP } from 'node:net';
import type { Static } from 'typebox';
import { type Address, emptyAddress } from '#cards/methods';
import { ApiError, mergeMetadata, resourceMissing } from '#platform/http';
import type { Customer, InvoiceSettings, Shipping } from './customer.ts';
import type { createParameters } from './customer-parameters.ts';

export type CustomerParameters = Partial<Static<typeof createParameters>>;

export const applyParameters = (customer: Customer, asked: CustomerParameters): Customer => {
  refuseWhatCannotExist(asked);
  const { cash_balance: cash, tax } = asked;
  const cashMode = cash?.settings?.reconciliation_mode;

  return {
    ...customer,
    address:
      asked.address === undefined
        ? customer.address
        : mergeAddress(customer.address, asked.address),
    balance: asked.balance ?? customer.balance,
    business_name: changed(customer.business_name, asked.business_name),
    cash_balance_mode:
      cashMode === undefined
        ? customer.cash_balance_mode
        : cashMode === 'merchant_default'
          ? null
          : cashMode,
    description: changed(customer.description, asked.description),
    email: changed(customer.email, asked.email),
    individual_name: changed(customer.individual_name, asked.individual_name),
    invoice_prefix:
      asked.invoice_prefix === undefined
        ? customer.invoice_prefix
        : invoicePrefix(asked.invoice_prefix),
    invoice_settings: mergeInvoiceSettings(customer.invoice_settings, asked.invoice_settings),
    metadata: mergeMetadata(customer.metadata, asked.metadata),
    name: changed(customer.name, asked.name),
    next_invoice_sequence: asked.next_invoice_sequence ?? customer.next_invoice_sequence,
    phone: changed(customer.phone, asked.phone),
    preferred_locales:
      asked.preferred_locales === undefined
        ? customer.preferred_locales
        : (asked.preferred_locales ?? []),
    shipping:
      asked.shipping === undefined
        ? customer.shipping
        : mergeShipping(customer.shipping, asked.shipping),
    tax_exempt: asked.tax_exempt === undefined ? customer.tax_exempt : (asked.tax_exempt ?? 'none'),
    tax_ip_address:
      tax?.ip_address === undefined ? customer.tax_ip_address : ipAddress(tax.ip_address),
  };
};

const changed = <T>(old: T | null, asked: T | null | undefined): T | null =>
  asked === undefined ? old : asked;

const mergeAddress = (old: Address | null, asked: Partial<Address> | null): Address | null => {
  if (asked === null) return null;
  const base = old ?? emptyAddress;
  return {
    city: changed(base.city, asked.city),
    country: changed(base.country, asked.country),
    line1: changed(base.line1, asked.line1),
    line2: changed(base.line2, asked.line2),
    postal_code: changed(base.postal_code, asked.postal_code),
    state: changed(base.state, asked.state),
  };
};

type AskedShipping = NonNullable<CustomerParameters['shipping']>;

const mergeShipping = (old: Shipping | null, asked: AskedShipping | null): Shipping | null => {
  if (asked === null) return null;
  return {
    address: mergeAddress(old?.address ?? null, asked.address) ?? emptyAddress,
    name: asked.name,
    phone: changed(old?.phone ?? null, asked.phone),
  };
};

const mergeInvoiceSettings = (
  old: InvoiceSettings,
  asked: CustomerParameters['invoice_settings'],
): InvoiceSettings => {
  if (asked === undefined) return old;
  const options = asked.rendering_options;
  return {
    custom_fields: changed(old.custom_fields, asked.custom_fields),
    footer: changed(old.footer, asked.footer),
    rendering_options:
      options === undefined
        ? old.rendering_options
        : options === null
          ? null
          : {
              amount_tax_display: changed(
                old.rendering_options?.amount_tax_display ?? null,
                options.amount_tax_display,
              ),
              template: changed(old.rendering_options?.template ?? null, options.template),
            },
  };
};

const invoicePrefix = (asked: string): string => {
  if (/^[A-Z0-9]{3,12}$/.test(asked)) return asked;
  throw new ApiError(
    400,
    'Invalid invoice_prefix: it must be 3 to 12 uppercase letters or numbers.',
    { param: 'invoice_prefix' },
  );
};

const ipAddress = (asked: string | null): string | null => {
  if (asked === null || isIP(asked) !== 0) return asked;
  throw new ApiError(400, 'Invalid IP address: it must be an IPv4 or IPv6 address.', {
    param: 'tax[ip_address]',
  });
};

// Coupons are not part of this installation yet, so no id of one can exist.
const refuseWhatCannotExist = ({ coupon, promotion_code: code }: CustomerParameters): void => {
  if (coupon !== undefined) throw resourceMissing({ noun: 'coupon', id: coupon, param: 'coupon' });
  if (code !== undefined) {
    throw resourceMissing({ noun: 'promotion code', id: code, param: 'promotion_code' });
  }
};
