// What the API answers, for its document and its reference page.

import { Type } from 'typebox';
import { nullable, nullableText } from '#platform/http';

const amounts = Type.Array(
  Type.Object({
    amount: Type.Integer(),
    currency: Type.String(),
    source_types: Type.Object({ card: Type.Integer() }),
  }),
);

export const balanceSchema = Type.Object({
  object: Type.Literal('balance'),
  as_of: Type.Optional(
    Type.Integer({ description: 'The second at whose end it was so, where one was asked for.' }),
  ),
  available: amounts,
  livemode: Type.Boolean(),
  pending: amounts,
});

export const balanceTransactionSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('balance_transaction'),
  amount: Type.Integer(),
  available_on: Type.Integer(),
  balance_type: Type.String(),
  created: Type.Integer(),
  currency: Type.String(),
  description: nullableText(),
  exchange_rate: nullable(Type.Number()),
  fee: Type.Integer(),
  fee_details: Type.Array(
    Type.Object({
      amount: Type.Integer(),
      application: nullableText(),
      currency: Type.String(),
      description: nullableText(),
      type: Type.String(),
    }),
  ),
  net: Type.Integer(),
  reporting_category: Type.String(),
  source: nullableText(),
  status: Type.String(),
  type: Type.String(),
});
