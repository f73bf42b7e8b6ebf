import { Type } from 'typebox';
import { nullable, nullableText, parameters, route } from '#platform/http';
import { closeDispute } from './close-dispute.ts';
import { disputeFilters, updateParameters } from './dispute-parameters.ts';
import { findDispute } from './find-dispute.ts';
import { listDisputes } from './list-disputes.ts';
import { renderDispute } from './render-dispute.ts';
import { updateDispute } from './update-dispute.ts';

const anyObject = Type.Record(Type.String(), Type.Unknown());

const disputeSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('dispute'),
  amount: Type.Integer({ description: 'Minor units.' }),
  balance_transactions: Type.Array(anyObject, {
    description: 'What was withdrawn and reinstated.',
  }),
  charge: Type.String(),
  created: Type.Integer({ description: 'Unix seconds.' }),
  currency: Type.String(),
  enhanced_eligibility_types: Type.Array(Type.String()),
  evidence: anyObject,
  evidence_details: anyObject,
  intended_submission_method: nullableText(),
  is_charge_refundable: Type.Boolean(),
  livemode: Type.Boolean(),
  metadata: Type.Record(Type.String(), Type.String()),
  network_reason_code: nullableText(),
  payment_intent: nullableText(),
  payment_method_details: Type.Optional(nullable(anyObject)),
  reason: Type.String(),
  status: Type.String({
    description:
      'warning_needs_response, warning_under_review, warning_closed, needs_response, under_review, won, lost, prevented.',
  }),
});

const common = {
  group: 'Disputes',
  object: 'dispute',
  keys: 'secret',
  answer: disputeSchema,
} as const;

export const disputeRoutes = [
  route({
    ...common,
    method: 'GET',
    path: '/v1/disputes',
    operation: 'disputes.list',
    summary: 'List disputes',
    description: 'Newest first.',
    list: true,
    parameters: disputeFilters,
    handle: listDisputes,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/disputes/:dispute',
    operation: 'disputes.retrieve',
    summary: 'Retrieve a dispute',
    parameters: parameters({}),
    handle: async (context, { scope, path }) => ({
      body: renderDispute(
        await findDispute(context, scope, path['dispute'] ?? ''),
        scope.livemode,
        context.clock.now(),
      ),
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/disputes/:dispute',
    operation: 'disputes.update',
    example: {
      evidence: { uncategorized_text: 'Delivered on 3 March.', shipping_tracking_number: '…' },
    },
    summary: 'Update a dispute',
    description:
      'Evidence is submitted to the bank unless `submit` is false; what is kept can be changed until then.',
    parameters: updateParameters,
    handle: updateDispute,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/disputes/:dispute/close',
    operation: 'disputes.close',
    summary: 'Close a dispute',
    description: 'The merchant gives in. It cannot be taken back.',
    parameters: parameters({}),
    handle: closeDispute,
  }),
];
