import type { Context } from '#kit/context';
import {
  list,
  listWindow,
  type Outcome,
  page,
  parameters,
  route,
  type TypedRequest,
} from '#platform/http';
import { createSession } from './create-session.ts';
import { expireSession } from './expire-session.ts';
import { findSession } from './find-session.ts';
import { listSessions } from './list-sessions.ts';
import { renderLineItem } from './render-line-item.ts';
import { renderSession } from './render-session.ts';
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

const lineItems = async (
  context: Context,
  { scope, path, url, parameters: asked }: TypedRequest<typeof lineItemList>,
): Promise<Outcome> => {
  const session = await findSession(context, scope, path['session'] ?? '');
  const rows = session.lines.map((line) => renderLineItem(line, scope.livemode));
  const window = await listWindow(asked, 'item', (id) => {
    const at = rows.findIndex((row) => row.id === id);
    return at === -1 ? null : String(at);
  });
  const from = window.after === undefined ? 0 : Number(window.after) + 1;
  const towards =
    window.before === undefined
      ? rows.slice(from, from + window.limit + 1)
      : rows
          .slice(0, Number(window.before))
          .toReversed()
          .slice(0, window.limit + 1);
  return { body: list(url, page(towards, window)) };
};

export const sessionRoutes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/checkout/sessions',
    operation: 'checkout_sessions.create',
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
    handle: async (context, { scope, path }) => ({
      body: renderSession(await findSession(context, scope, path['session'] ?? ''), scope),
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/checkout/sessions/:session',
    operation: 'checkout_sessions.update',
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
    handle: lineItems,
  }),
];
