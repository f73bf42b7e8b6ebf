// What a caller may say of a customer, under its names of today and of earlier versions.

import { sourceParameter } from '#cards/methods';
import {
  address,
  alias,
  amount,
  arrayOf,
  boolean,
  email,
  emptyable,
  id,
  integer,
  metadata,
  object,
  oneOf,
  phone,
  required,
  text,
} from '#platform/http';
import { taxIdTypes } from './tax-id-types.ts';

const BALANCE_MAX = 999_999_999_999;

const fields = {
  address: emptyable(address()),
  balance: amount({ min: -BALANCE_MAX, max: BALANCE_MAX }),
  account_balance: alias('balance'),
  business_name: emptyable(text(150)),
  cash_balance: object({
    settings: object({ reconciliation_mode: oneOf('automatic', 'manual', 'merchant_default') }),
  }),
  coupon: id(),
  promotion_code: id(),
  default_card: alias('default_source'),
  default_source: id(),
  description: emptyable(text()),
  email: emptyable(email()),
  individual_name: emptyable(text(150)),
  invoice_prefix: text(12),
  invoice_settings: object({
    custom_fields: emptyable(
      arrayOf(object({ name: required(text(40)), value: required(text(140)) }), { max: 4 }),
    ),
    default_payment_method: emptyable(id()),
    footer: emptyable(text()),
    rendering_options: emptyable(
      object({
        amount_tax_display: emptyable(oneOf('exclude_tax', 'include_inclusive_tax')),
        template: emptyable(id()),
      }),
    ),
  }),
  metadata: metadata(),
  name: emptyable(text(256)),
  next_invoice_sequence: integer({ min: 1, max: 1_000_000_000 }),
  phone: emptyable(phone(20)),
  preferred_locales: emptyable(arrayOf(text(20), { max: 20 })),
  shipping: emptyable(
    object({
      address: required(address()),
      name: required(text()),
      phone: emptyable(phone()),
    }),
  ),
  card: alias('source'),
  source: sourceParameter,
  tax: object({
    ip_address: emptyable(text(45)),
    validate_location: oneOf('auto', 'deferred', 'immediately'),
  }),
  tax_exempt: emptyable(oneOf('exempt', 'none', 'reverse')),
  validate: boolean(),
} as const;

export const createParameters = object({
  ...fields,
  payment_method: id(),
  tax_id_data: arrayOf(
    object({ type: required(oneOf(...taxIdTypes)), value: required(text(100)) }),
    { max: 5 },
  ),
  test_clock: id(),
});

export const updateParameters = object(fields);
