// The answers' shapes for the OpenAPI document and the reference page.

import { Type } from 'typebox';
import { nullable, nullableText } from '#platform/http';

const text = nullableText;
const anyObject = Type.Record(Type.String(), Type.Unknown());
const list = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(anyObject),
  has_more: Type.Boolean(),
  url: Type.String(),
});

export const lineItemSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('item'),
  adjustable_quantity: nullable(anyObject),
  amount_discount: Type.Integer(),
  amount_subtotal: Type.Integer(),
  amount_tax: Type.Integer(),
  amount_total: Type.Integer(),
  currency: Type.String(),
  description: text(),
  price: nullable(anyObject),
  quantity: nullable(Type.Integer()),
});

export const sessionSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('checkout.session'),
  after_expiration: nullable(anyObject),
  amount_subtotal: nullable(Type.Integer({ description: 'Minor units.' })),
  amount_total: nullable(
    Type.Integer({ description: 'What the page shows, and what is charged.' }),
  ),
  billing_address_collection: text(),
  cancel_url: text(),
  client_reference_id: text(),
  client_secret: text(),
  consent: nullable(anyObject),
  created: Type.Integer({ description: 'Unix seconds.' }),
  currency: text(),
  custom_fields: Type.Array(anyObject),
  custom_text: anyObject,
  customer: text(),
  customer_creation: text(),
  customer_details: nullable(anyObject),
  customer_email: text(),
  expires_at: Type.Integer(),
  line_items: Type.Optional(list),
  livemode: Type.Boolean(),
  locale: text(),
  metadata: Type.Record(Type.String(), Type.String()),
  mode: Type.String(),
  payment_intent: text(),
  payment_link: text(),
  payment_method_types: Type.Array(Type.String()),
  payment_status: Type.String({ description: 'paid, unpaid, no_payment_required.' }),
  recovered_from: text(),
  setup_intent: text(),
  shipping_cost: nullable(anyObject),
  shipping_options: Type.Array(anyObject),
  status: Type.String({ description: 'open, complete, expired.' }),
  submit_type: text(),
  success_url: text(),
  total_details: nullable(anyObject),
  ui_mode: Type.String(),
  url: text(),
});
