// Looking at deliveries, and asking for them again. Ours, in Stripe's style.

import { auditEntry } from '#identity/audit';
import { type Context, unixSeconds } from '#kit/context';
import { parseId, spellId, type Uuid, uuidAt } from '#kit/ids';
import { EVENT, type EventKinds } from '#platform/events';
import {
  ApiError,
  list,
  listWindow,
  type Outcome,
  page,
  parameters,
  resourceMissing,
  route,
  rowsWithin,
  type TypedRequest,
  wholeSeconds,
} from '#platform/http';
import { findEndpoint } from './change-endpoint.ts';
import { askAgain, loadDelivery } from './deliveries.store.ts';
import type { Delivery } from './delivery.ts';
import { deliveryFilters, replayParameters } from './endpoint-parameters.ts';
import { deliverySchema, replaySchema } from './endpoint-schema.ts';
import { loadEndpoint } from './endpoints.store.ts';
import { listDeliveries } from './list-deliveries.store.ts';
import { DELIVERY, ENDPOINT, renderDelivery } from './render.ts';
import { countReplayed, replay, replayOf } from './replays.store.ts';

const common = { group: 'Webhooks', keys: 'secret' } as const;
const NOBODY: Uuid = '00000000-0000-0000-0000-000000000000';

const listAll = async (
  context: Context,
  request: TypedRequest<typeof deliveryFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await listWindow<Uuid>(asked, 'webhook delivery', async (spelled) => {
    const id = parseId(DELIVERY, spelled);
    return (id && (await loadDelivery(context, scope, id))?.id) || null;
  });
  const endpoint =
    asked.webhook_endpoint === undefined
      ? null
      : await findEndpoint(context, scope, asked.webhook_endpoint, 'webhook_endpoint');
  const found = await listDeliveries(context, scope, {
    ...rowsWithin(window, asked.created),
    endpointId: endpoint?.id ?? null,
    eventId: asked.event === undefined ? null : (parseId(EVENT, asked.event) ?? NOBODY),
    state: asked.status ?? null,
  });
  const { rows, hasMore } = page(found, window);
  const shown = rows.map((delivery) => renderDelivery(delivery, scope.livemode));
  return { body: list(request.url, { rows: shown, hasMore }) };
};

const find = async (
  context: Context,
  { scope, path }: Pick<TypedRequest<typeof deliveryFilters>, 'scope' | 'path'>,
): Promise<Delivery> => {
  const spelled = path['webhook_delivery'] ?? '';
  const id = parseId(DELIVERY, spelled);
  const delivery = id && (await loadDelivery(context, scope, id));
  if (!delivery) throw resourceMissing({ noun: 'webhook delivery', id: spelled });
  return delivery;
};

const replayRange = async (
  context: Context,
  kinds: EventKinds,
  request: TypedRequest<typeof replayParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const endpoint = await findEndpoint(context, scope, request.path['webhook_endpoint'] ?? '');
  const range = wholeSeconds(asked.created);
  refuseEmptyRange(context, range);
  const wanted = replayOf(context, kinds, endpoint, {
    from: uuidAt(range.from * 1000),
    // What happens from now on is told anyway.
    before: uuidAt(Math.min((range.to + 1) * 1000, context.clock.now() + 1)),
    alsoDelivered: asked.status === 'all',
  });
  const { count, isAll } = await countReplayed(context, scope, wanted);
  return {
    body: {
      object: 'webhook_replay',
      count,
      exact: isAll,
      webhook_endpoint: spellId(ENDPOINT, endpoint.id),
    },
    writes: [
      // Also where nothing was counted: what waits to be handed on while it is disabled is told then.
      replay(context, scope, wanted),
      auditEntry(context, {
        scope,
        action: 'webhook_endpoint.replay',
        target: endpoint.id,
        details: { ...range, count },
      }),
    ],
  };
};

/** Nothing would be told, and an answer of none be taken for a system where nothing was missed. */
const refuseEmptyRange = (
  { clock }: Context,
  { from, to }: ReturnType<typeof wholeSeconds>,
): void => {
  const why =
    from > to
      ? 'it ends before it begins'
      : from > unixSeconds(clock)
        ? 'it begins in the future'
        : null;
  if (why === null) return;
  throw new ApiError(400, `Nothing can lie in this range of \`created\`: ${why}.`, {
    param: 'created',
  });
};

export const deliveryRoutes = (kinds: EventKinds) => [
  route({
    ...common,
    object: 'webhook_delivery',
    method: 'GET',
    path: '/v1/webhook_deliveries',
    operation: 'webhook_endpoints.list_deliveries',
    summary: 'List deliveries',
    description:
      'By endpoint, event and status, the newest event first, with what came of each try.',
    list: true,
    parameters: deliveryFilters,
    answer: deliverySchema,
    handle: listAll,
  }),
  route({
    ...common,
    object: 'webhook_delivery',
    method: 'GET',
    path: '/v1/webhook_deliveries/:webhook_delivery',
    operation: 'webhook_endpoints.retrieve_delivery',
    summary: 'Retrieve a delivery',
    parameters: parameters({}),
    answer: deliverySchema,
    handle: async (context, request) => ({
      body: renderDelivery(await find(context, request), request.scope.livemode),
    }),
  }),
  route({
    ...common,
    object: 'webhook_delivery',
    method: 'POST',
    path: '/v1/webhook_deliveries/:webhook_delivery/resend',
    operation: 'webhook_endpoints.resend_delivery',
    summary: 'Tell an event again',
    description:
      'At once, under the same event id, whatever came of it before; with ten tries anew. One that is disabled is told when it is enabled again.',
    parameters: parameters({}),
    answer: deliverySchema,
    handle: async (context, request) => {
      const { id, endpointId } = await find(context, request);
      if ((await loadEndpoint(context, request.scope, endpointId)) === undefined) {
        throw new ApiError(
          400,
          `The endpoint ${spellId(ENDPOINT, endpointId)} was deleted: it is told nothing any more.`,
        );
      }
      const again = await askAgain(context, request.scope, id);
      if (again === undefined) throw resourceMissing({ noun: 'webhook delivery', id });
      return { body: renderDelivery(again, request.scope.livemode) };
    },
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/webhook_endpoints/:webhook_endpoint/replay',
    operation: 'webhook_endpoints.replay',
    example: { created: { gte: 1_767_225_600, lt: 1_767_312_000 } },
    summary: 'Tell a time range again',
    description:
      'What was given up in that time is told again, oldest first, and so is what happened while the endpoint was disabled, of the last 28 days; with `status=all` also what was delivered. Much goes a part at a time, so that what happens now does not wait behind it.',
    parameters: replayParameters,
    answer: replaySchema,
    handle: (context, request) => replayRange(context, kinds, request),
  }),
];
