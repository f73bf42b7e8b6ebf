// The answer's shape for the OpenAPI document and the reference page.

import { Type } from 'typebox';
import { nullable, nullableText } from '#platform/http';

const anyObject = Type.Record(Type.String(), Type.Unknown());

export const linkSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('payment_link'),
  active: Type.Boolean(),
  after_completion: anyObject,
  currency: Type.String(),
  inactive_message: nullableText(),
  livemode: Type.Boolean(),
  metadata: Type.Record(Type.String(), Type.String()),
  restrictions: nullable(anyObject),
  url: Type.String({
    description: 'To be shared. With `/qr.svg` or `/qr.png` behind it, as a code.',
  }),
});
