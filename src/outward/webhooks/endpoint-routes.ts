import { Type } from 'typebox';
import { parseId, type Uuid } from '#kit/ids';
import { list, listParameters, listWindow, page, parameters, route } from '#platform/http';
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  findEndpoint,
  rollSecret,
} from './change-endpoint.ts';
import { createParameters, rollParameters, updateParameters } from './endpoint-parameters.ts';
import { deletedEndpointSchema, endpointSchema } from './endpoint-schema.ts';
import { listEndpoints, loadEndpoint } from './endpoints.store.ts';
import { ENDPOINT, renderEndpoint } from './render.ts';

const common = { group: 'Webhooks', object: 'webhook_endpoint', keys: 'secret' } as const;
const filters = listParameters({});

export const endpointRoutes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/webhook_endpoints',
    operation: 'webhook_endpoints.create',
    example: {
      url: 'https://example.com/hooks',
      enabled_events: ['payment_intent.succeeded', 'charge.refunded'],
    },
    summary: 'Create a webhook endpoint',
    description:
      'The secret is shown once, here. Deliveries carry `Stripe-Signature` and the headers of Standard Webhooks.',
    parameters: createParameters,
    answer: endpointSchema,
    handle: createEndpoint,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/webhook_endpoints',
    operation: 'webhook_endpoints.list',
    summary: 'List webhook endpoints',
    list: true,
    parameters: filters,
    answer: endpointSchema,
    handle: async (context, { scope, parameters: asked, url }) => {
      const window = await listWindow<Uuid>(asked, 'webhook endpoint', async (spelled) => {
        const id = parseId(ENDPOINT, spelled);
        return id && (await loadEndpoint(context, scope, id)) ? id : null;
      });
      const found = await listEndpoints(context, scope, {
        direction: window.before === undefined ? 'older' : 'newer',
        from: window.after ?? window.before ?? null,
        limit: window.limit + 1,
      });
      const { rows, hasMore } = page(found, window);
      const shown = rows.map((endpoint) => renderEndpoint(endpoint, scope.livemode));
      return { body: list(url, { rows: shown, hasMore }) };
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/webhook_endpoints/:webhook_endpoint',
    operation: 'webhook_endpoints.retrieve',
    summary: 'Retrieve a webhook endpoint',
    parameters: parameters({}),
    answer: endpointSchema,
    handle: async (context, { scope, path }) => {
      const endpoint = await findEndpoint(context, scope, path['webhook_endpoint'] ?? '');
      return { body: renderEndpoint(endpoint, scope.livemode) };
    },
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/webhook_endpoints/:webhook_endpoint',
    operation: 'webhook_endpoints.update',
    example: { enabled_events: ['payment_intent.succeeded', 'charge.refunded'] },
    summary: 'Update a webhook endpoint',
    description: 'An endpoint that was disabled waits; enabled again, it hears what it is owed.',
    parameters: updateParameters,
    answer: endpointSchema,
    handle: changeEndpoint,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/webhook_endpoints/:webhook_endpoint/roll_secret',
    operation: 'webhook_endpoints.roll_secret',
    summary: 'Roll the secret',
    description: 'Both secrets sign until the old one ends, 24 hours later unless said otherwise.',
    parameters: rollParameters,
    answer: endpointSchema,
    handle: rollSecret,
  }),
  route({
    ...common,
    method: 'DELETE',
    path: '/v1/webhook_endpoints/:webhook_endpoint',
    operation: 'webhook_endpoints.delete',
    summary: 'Delete a webhook endpoint',
    parameters: parameters({}),
    answer: Type.Union([deletedEndpointSchema]),
    handle: deleteEndpoint,
  }),
];
