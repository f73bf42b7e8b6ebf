// The answer's shape for the OpenAPI document and the reference page.

import { Type } from 'typebox';
import { addressShape, nullable, nullableText } from '#platform/http';

const text = nullableText;
const anyObject = Type.Record(Type.String(), Type.Unknown());

const shippingSchema = Type.Object({
  address: Type.Optional(addressShape()),
  carrier: text(),
  name: Type.Optional(Type.String()),
  phone: text(),
  tracking_number: text(),
});

export const intentSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('payment_intent'),
  allowed_payment_method_types: nullable(Type.Array(Type.String())),
  amount: Type.Integer({ description: 'Minor units.' }),
  amount_capturable: Type.Integer({ description: 'Authorized and not captured yet.' }),
  amount_details: Type.Optional(anyObject),
  amount_received: Type.Integer({ description: 'Captured.' }),
  automatic_payment_methods: nullable(anyObject),
  canceled_at: nullable(Type.Integer()),
  cancellation_reason: text(),
  capture_method: Type.String(),
  client_secret: text(),
  confirmation_method: Type.String(),
  created: Type.Integer({ description: 'Unix seconds.' }),
  currency: Type.String(),
  customer: text(),
  description: text(),
  last_payment_error: nullable(anyObject),
  latest_charge: text(),
  livemode: Type.Boolean(),
  metadata: Type.Record(Type.String(), Type.String()),
  next_action: nullable(anyObject),
  payment_method: text(),
  payment_method_options: nullable(anyObject),
  payment_method_types: Type.Array(Type.String()),
  processing: nullable(anyObject),
  receipt_email: text(),
  setup_future_usage: text(),
  shipping: nullable(shippingSchema),
  statement_descriptor: text(),
  statement_descriptor_suffix: text(),
  status: Type.String({
    description:
      'requires_payment_method, requires_confirmation, requires_action, processing, requires_capture, succeeded, canceled. What nobody knows yet is `processing`, never failed.',
  }),
  transfer_group: text(),
});
