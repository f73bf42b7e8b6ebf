import { completedOf, lineItemSchema, pageOfLines, productsOf } from '#commerce/checkout';
import type { Context } from '#kit/context';
import {
  idWindow,
  list,
  listParameters,
  type Outcome,
  page,
  parameters,
  route,
  rowsOf,
  type TypedRequest,
} from '#platform/http';
import { createLink, updateLink } from './change-link.ts';
import { findLink } from './find-link.ts';
import { PAYMENT_LINK } from './link.ts';
import { createParameters, listFilters, updateParameters } from './link-parameters.ts';
import { linkSchema } from './link-schema.ts';
import { listLinks as listRows, loadLink } from './links.store.ts';
import { renderLink } from './render-link.ts';

const common = {
  group: 'Payment links',
  object: 'payment_link',
  keys: 'secret',
  answer: linkSchema,
} as const;

const listLinks = async (
  context: Context,
  request: TypedRequest<typeof listFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await idWindow(asked, { noun: 'payment_link', prefix: PAYMENT_LINK }, (id) =>
    loadLink(context, scope, id),
  );
  const rows = await listRows(context, scope, {
    ...rowsOf(window),
    isActive: asked.active ?? null,
  });
  const { rows: shown, hasMore } = page(rows, window);
  const rendered = await Promise.all(
    shown.map(async (link) => renderLink(link, scope, await completedOf(context, scope, link.id))),
  );
  return { body: list(request.url, { rows: rendered, hasMore }) };
};

const listLines = listParameters({});

export const linkRoutes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/payment_links',
    operation: 'payment_links.create',
    example: {
      line_items: [
        {
          quantity: 2,
          price_data: { currency: 'eur', unit_amount: 1_250, product_data: { name: 'Tea' } },
        },
      ],
    },
    summary: 'Create a payment link',
    description: 'An address to be shared. Each visit opens a checkout session of its own.',
    parameters: createParameters,
    handle: createLink,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/payment_links',
    operation: 'payment_links.list',
    summary: 'List payment links',
    description: 'Newest first.',
    list: true,
    parameters: listFilters,
    handle: listLinks,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/payment_links/:link',
    operation: 'payment_links.retrieve',
    summary: 'Retrieve a payment link',
    parameters: parameters({}),
    handle: async (context, { scope, path }) => {
      const link = await findLink(context, scope, path['link'] ?? '');
      return {
        body: renderLink(link, scope, await completedOf(context, scope, link.id)),
        related: () => productsOf(link.session.lines, scope.livemode),
      };
    },
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/payment_links/:link',
    operation: 'payment_links.update',
    example: { active: false },
    summary: 'Update a payment link',
    description: 'Whether it is active, how often it may be paid, where payers go afterwards.',
    parameters: updateParameters,
    handle: updateLink,
  }),
  route({
    ...common,
    object: 'item',
    answer: lineItemSchema,
    method: 'GET',
    path: '/v1/payment_links/:link/line_items',
    operation: 'payment_links.list_line_items',
    summary: 'List the line items of a payment link',
    list: true,
    parameters: listLines,
    handle: async (context, request) => {
      const link = await findLink(context, request.scope, request.path['link'] ?? '');
      return pageOfLines(link.session.lines, request);
    },
  }),
];
