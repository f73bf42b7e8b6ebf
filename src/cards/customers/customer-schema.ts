// The answer's shape for the OpenAPI document and the reference page.

import { Type } from 'typebox';
import { addressShape, nullable, nullableText } from '#platform/http';

const text = nullableText;
const address = addressShape();

export const deletedCustomerSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('customer'),
  deleted: Type.Literal(true),
});

export const customerSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('customer'),
  address: nullable(address),
  balance: Type.Integer({ description: 'Minor units; negative is credit.' }),
  business_name: Type.Optional(Type.String()),
  created: Type.Integer({ description: 'Unix seconds.' }),
  currency: text(),
  customer_account: text(),
  default_source: text(),
  delinquent: Type.Boolean(),
  description: text(),
  discount: Type.Null(),
  email: text(),
  individual_name: Type.Optional(Type.String()),
  invoice_prefix: Type.String(),
  invoice_settings: Type.Object({
    custom_fields: nullable(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))),
    default_payment_method: text(),
    footer: text(),
    rendering_options: nullable(Type.Object({ amount_tax_display: text(), template: text() })),
  }),
  livemode: Type.Boolean(),
  metadata: Type.Record(Type.String(), Type.String()),
  name: text(),
  next_invoice_sequence: Type.Integer(),
  phone: text(),
  preferred_locales: Type.Array(Type.String()),
  shipping: nullable(Type.Object({ address, name: Type.String(), phone: text() })),
  tax_exempt: Type.Union([Type.Literal('exempt'), Type.Literal('none'), Type.Literal('reverse')]),
  test_clock: text(),
});
