import { parameters, route } from '#platform/http';
import { createSession } from './create-session.ts';
import { expireSession } from './expire-session.ts';
import { findSession } from './find-session.ts';
import { listSessions } from './list-sessions.ts';
import { pageOfLines } from './page-of-lines.ts';
import { answerWith } from './render-session.ts';
import {
  createParameters,
  lineItemList,
  listFilters,
  updateParameters,
} from './session-parameters.ts';
import { lineItemSchema, sessionSchema } from './session-schema.ts';
import { updateSession } from './update-session.ts';

const common = {
  group: 'Checkout sessions',
  object: 'checkout.session',
  keys: 'secret',
  answer: sessionSchema,
} as const;

export const sessionRoutes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/checkout/sessions',
    operation: 'checkout_sessions.create',
    example: {
      mode: 'payment',
      line_items: [
        {
          quantity: 2,
          price_data: { currency: 'eur', unit_amount: 1_250, product_data: { name: 'Tea' } },
        },
      ],
      success_url: 'https://example.com/thanks',
    },
    summary: 'Create a checkout session',
    description:
      'A page that shows an amount and takes it, once. The amount is computed here from what your server says.',
    parameters: createParameters,
    handle: createSession,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/checkout/sessions',
    operation: 'checkout_sessions.list',
    summary: 'List checkout sessions',
    description: 'Newest first.',
    list: true,
    parameters: listFilters,
    handle: listSessions,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/checkout/sessions/:session',
    operation: 'checkout_sessions.retrieve',
    summary: 'Retrieve a checkout session',
    parameters: parameters({}),
    handle: async (context, { scope, path }) =>
      answerWith(await findSession(context, scope, path['session'] ?? ''), scope, []),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/checkout/sessions/:session',
    operation: 'checkout_sessions.update',
    example: { metadata: { order_id: '1042' } },
    summary: 'Update a checkout session',
    description: 'Its metadata. What a payer may be looking at does not change under their eyes.',
    parameters: updateParameters,
    handle: updateSession,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/checkout/sessions/:session/expire',
    operation: 'checkout_sessions.expire',
    summary: 'Expire a checkout session',
    description:
      'Nobody can pay it any more. Money whose fate is not known yet goes back by itself, should it come.',
    parameters: parameters({}),
    handle: expireSession,
  }),
  route({
    ...common,
    object: 'item',
    answer: lineItemSchema,
    method: 'GET',
    path: '/v1/checkout/sessions/:session/line_items',
    operation: 'checkout_sessions.list_line_items',
    summary: 'List the line items of a checkout session',
    list: true,
    parameters: lineItemList,
    handle: async (context, request) =>
      pageOfLines(
        (await findSession(context, request.scope, request.path['session'] ?? '')).lines,
        request,
      ),
  }),
];
