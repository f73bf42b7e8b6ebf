import { Type } from 'typebox';
import { parameters, type Route, resourceMissing, route } from '#platform/http';
import type { EventKinds, Undelivered } from './event-kind.ts';
import { eventFilters, findNamed, listEvents, openOf } from './list-events.ts';
import { renderEvent, toShow } from './render-event.ts';

const eventSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('event'),
  api_version: Type.String(),
  created: Type.Integer(),
  data: Type.Object({
    object: Type.Unknown({ description: 'The object as it was after the change.' }),
    previous_attributes: Type.Optional(
      Type.Unknown({ description: 'The old values of exactly the fields that changed.' }),
    ),
  }),
  livemode: Type.Boolean(),
  pending_webhooks: Type.Integer(),
  request: Type.Object({
    id: Type.Union([Type.String(), Type.Null()]),
    idempotency_key: Type.Union([Type.String(), Type.Null()]),
  }),
  type: Type.String(),
});

const common = { group: 'Events', object: 'event', keys: 'secret', answer: eventSchema } as const;

export const eventRoutes = (kinds: EventKinds, undelivered: Undelivered): readonly Route[] => {
  const known = { kinds, undelivered };
  return [
    route({
      ...common,
      method: 'GET',
      path: '/v1/events',
      operation: 'events.list',
      example: { type: 'payment_intent.*', limit: 10 },
      summary: 'List events',
      description: 'Newest first. `type` is one name, or ends with `*` for all that begin like it.',
      list: true,
      parameters: eventFilters,
      handle: (context, request) => listEvents(context, request, known),
    }),
    route({
      ...common,
      method: 'GET',
      path: '/v1/events/:event',
      operation: 'events.retrieve',
      summary: 'Retrieve an event',
      description:
        'The same whenever it is asked for, but for how many endpoints are still to be told (`pending_webhooks`).',
      parameters: parameters({}),
      handle: async (context, { scope, path }) => {
        const spelled = path['event'] ?? '';
        const found = await findNamed(context, scope, kinds, spelled);
        if (found === undefined) throw resourceMissing({ noun: 'event', id: spelled });
        const event = toShow(found);
        const open = await openOf(context, scope, known, [event]);
        return { body: renderEvent(event, open.get(event.id)) };
      },
    }),
  ];
};
