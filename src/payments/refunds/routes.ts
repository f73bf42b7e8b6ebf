import { Type } from 'typebox';
import type { Context, Scope } from '#kit/context';
import { findCharge, renderCharge } from '#payments/charges';
import { ApiError, nullableText, parameters, resourceMissing, route } from '#platform/http';
import { createRefund } from './create-refund.ts';
import { findRefund } from './find-refund.ts';
import { listOf, listRefunds } from './list-refunds.ts';
import type { Refund } from './refund.ts';
import {
  createOfChargeParameters,
  createParameters,
  refundFilters,
  refundsOfCharge,
  updateParameters,
} from './refund-parameters.ts';
import { renderRefund } from './render-refund.ts';
import { updateRefund } from './update-refund.ts';

const refundSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('refund'),
  amount: Type.Integer({ description: 'Minor units.' }),
  balance_transaction: nullableText(),
  charge: nullableText(),
  created: Type.Integer({ description: 'Unix seconds.' }),
  currency: Type.String(),
  customer: nullableText(),
  destination_details: Type.Optional(
    Type.Object(
      { type: Type.String() },
      { description: 'What it goes back to, and by which number its bank finds it.' },
    ),
  ),
  failure_reason: Type.Optional(Type.String()),
  metadata: Type.Record(Type.String(), Type.String()),
  payment_intent: nullableText(),
  payment_method: nullableText(),
  reason: nullableText(),
  status: Type.String({ description: 'pending, requires_action, succeeded, failed, canceled.' }),
});

const common = {
  group: 'Refunds',
  object: 'refund',
  keys: 'secret',
  answer: refundSchema,
} as const;
const none = parameters({});

/** One of another charge is none of this one. */
const refundOfCharge = async (
  context: Context,
  scope: Scope,
  path: Readonly<Record<string, string>>,
): Promise<Refund> => {
  const { charge: ofCharge = '', refund: spelled = '' } = path;
  const charge = await findCharge(context, scope, ofCharge);
  const refund = await findRefund(context, scope, spelled);
  if (refund.chargeId !== charge.id) throw resourceMissing({ noun: 'refund', id: spelled });
  return refund;
};

export const refundRoutes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/refunds',
    operation: 'refunds.create',
    example: { payment_intent: 'pi_…', amount: 300, reason: 'requested_by_customer' },
    summary: 'Create a refund',
    description:
      'Of a charge or of a payment intent; without an amount, all that is left. What nobody knows yet is `pending`, and counts as given back. Of a charge that was made with `capture=false` and not captured, lets go of what it holds.',
    parameters: createParameters,
    handle: (context, request) => createRefund(context, request),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/refunds',
    operation: 'refunds.list',
    summary: 'List refunds',
    description: 'Newest first.',
    list: true,
    parameters: refundFilters,
    handle: listRefunds,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/refunds/:refund',
    operation: 'refunds.retrieve',
    summary: 'Retrieve a refund',
    parameters: none,
    handle: async (context, { scope, path }) => ({
      body: renderRefund(await findRefund(context, scope, path['refund'] ?? '')),
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/refunds/:refund',
    operation: 'refunds.update',
    summary: 'Update a refund',
    parameters: updateParameters,
    handle: updateRefund,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/refunds/:refund/cancel',
    operation: 'refunds.cancel',
    summary: 'Cancel a refund',
    description: 'Only one that waits for the payer; a refund to a card never does.',
    parameters: none,
    handle: async (context, { scope, path }) => {
      const { status } = await findRefund(context, scope, path['refund'] ?? '');
      throw new ApiError(
        400,
        `This Refund cannot be canceled because it has a status of ${status}. Only a Refund with one of the following statuses may be canceled: requires_action.`,
      );
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/charges/:charge/refunds',
    operation: 'charges.list_refunds',
    summary: 'List the refunds of a charge',
    list: true,
    parameters: refundsOfCharge,
    handle: async (context, { scope, path, url, parameters: asked }) => {
      const charge = await findCharge(context, scope, path['charge'] ?? '');
      return listOf(context, scope, url, asked, { chargeId: charge.id, intentId: null });
    },
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/charges/:charge/refunds',
    operation: 'charges.create_refund',
    example: { amount: 300, reason: 'requested_by_customer' },
    summary: 'Refund a charge, as older clients do',
    parameters: createOfChargeParameters,
    handle: (context, request) => createRefund(context, request, request.path['charge'] ?? ''),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/charges/:charge/refunds/:refund',
    operation: 'charges.retrieve_refund',
    summary: 'Retrieve a refund of a charge, as older clients do',
    parameters: none,
    handle: async (context, { scope, path }) => ({
      body: renderRefund(await refundOfCharge(context, scope, path)),
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/charges/:charge/refunds/:refund',
    operation: 'charges.update_refund',
    summary: 'Update a refund of a charge, as older clients do',
    parameters: updateParameters,
    handle: async (context, request) => {
      await refundOfCharge(context, request.scope, request.path);
      return updateRefund(context, request);
    },
  }),
  route({
    ...common,
    object: 'charge',
    answer: Type.Object({ id: Type.String(), object: Type.Literal('charge') }),
    method: 'POST',
    path: '/v1/charges/:charge/refund',
    operation: 'charges.refund',
    example: { amount: 300, reason: 'requested_by_customer' },
    summary: 'Refund a charge, as the oldest clients do',
    description:
      'Answers the charge, and not the refund. Of one that was made with `capture=false` and not captured, lets go of what it holds.',
    parameters: createOfChargeParameters,
    handle: async (context, request) => {
      const { scope } = request;
      const spelled = request.path['charge'] ?? '';
      if (request.resumes !== null) {
        return { body: renderCharge(await findCharge(context, scope, spelled), scope.livemode) };
      }
      return createRefund(context, request, spelled, {
        shows: (_, charge) => renderCharge(charge, scope.livemode),
        showsNo: false,
      });
    },
  }),
];
