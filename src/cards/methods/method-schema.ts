// The answer's shape for the OpenAPI document and the reference page.

import { Type } from 'typebox';
import { addressShape, nullable, nullableText } from '#platform/http';

const text = nullableText;
const address = addressShape();

export const methodSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('payment_method'),
  allow_redisplay: Type.String(),
  billing_details: Type.Object({
    address,
    email: text(),
    name: text(),
    phone: text(),
    tax_id: text(),
  }),
  card: Type.Optional(
    Type.Object({
      brand: Type.String(),
      checks: Type.Object({
        address_line1_check: text(),
        address_postal_code_check: text(),
        cvc_check: text(),
      }),
      country: text(),
      display_brand: text(),
      exp_month: Type.Integer(),
      exp_year: Type.Integer(),
      fingerprint: nullable(
        Type.String({
          description: 'Equal for equal numbers of one merchant; null with a publishable key.',
        }),
      ),
      funding: Type.String(),
      last4: Type.String(),
      networks: Type.Object({ available: Type.Array(Type.String()), preferred: text() }),
      three_d_secure_usage: Type.Object({ supported: Type.Boolean() }),
      wallet: Type.Null(),
    }),
  ),
  created: Type.Integer(),
  customer: text(),
  livemode: Type.Boolean(),
  metadata: Type.Record(Type.String(), Type.String()),
  type: Type.String(),
});

export const tokenSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('token'),
  card: Type.Optional(Type.Unknown()),
  client_ip: text(),
  created: Type.Integer(),
  livemode: Type.Boolean(),
  type: Type.String(),
  used: Type.Boolean(),
});

export const vaultKeySchema = Type.Object({
  object: Type.Literal('vault_key'),
  kid: Type.String(),
  expires_at: Type.Integer(),
  jwk: Type.Object({
    kty: Type.String(),
    crv: Type.String(),
    x: Type.String(),
    y: Type.String(),
  }),
  livemode: Type.Boolean(),
  audience: Type.String({ description: 'What a message is bound to: the account.' }),
});
