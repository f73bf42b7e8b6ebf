// Shapes of answers, for the OpenAPI document and the reference page.

import { Type } from 'typebox';
import { nullable, nullableText } from '#platform/http';

export const endpointSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('webhook_endpoint'),
  api_version: nullableText(),
  application: Type.Null(),
  created: Type.Integer(),
  description: nullableText(),
  enabled_events: Type.Array(Type.String()),
  livemode: Type.Boolean(),
  metadata: Type.Record(Type.String(), Type.String()),
  secret: Type.Optional(
    Type.String({ description: 'In the answer to create and to roll_secret only.' }),
  ),
  status: Type.String({ description: '`enabled` or `disabled`' }),
  url: Type.String(),
});

export const deletedEndpointSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('webhook_endpoint'),
  deleted: Type.Literal(true),
});

/** A charge's events are changes of its payment, its refund or its dispute, and are counted with theirs. */
export const sequenceFields = {
  sequence: Type.Integer({
    description: 'Which change it was, of the object that `sequence_of` names; from one.',
  }),
  sequence_of: Type.String({
    description:
      'The payment, refund, dispute, customer … whose changes are counted: its id without the prefix. `data.object` may be another, such as the charge of a payment.',
  }),
};

export const deliverySchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('webhook_delivery'),
  attempts: Type.Array(
    Type.Object({
      at: Type.Integer(),
      duration_ms: Type.Integer(),
      error: nullableText(),
      response: nullableText(),
      status_code: nullable(Type.Integer()),
    }),
  ),
  event: Type.String(),
  livemode: Type.Boolean(),
  next_attempt: nullable(Type.Integer()),
  ...sequenceFields,
  status: Type.String({ description: '`waiting`, `delivered` or `given_up`' }),
  webhook_endpoint: Type.String(),
});

export const replaySchema = Type.Object({
  object: Type.Literal('webhook_replay'),
  count: Type.Integer({ description: 'How many deliveries are told because of it.' }),
  exact: Type.Boolean({
    description:
      'Whether those are all. Of a range that holds very much, `count` is how many there are at least.',
  }),
  webhook_endpoint: Type.String(),
});
