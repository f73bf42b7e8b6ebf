// How telling the world of a payment's events went: each try at each endpoint, and what is tried next.

import { spellId, type Uuid } from '#kit/ids';
import { EVENT, type TraceEntry, type TraceSource } from '#platform/events';
import { loadDeliveriesOf } from './deliveries.store.ts';
import type { Delivery, Try } from './delivery.ts';
import { DELIVERY, ENDPOINT } from './render.ts';

export const traceDeliveries: TraceSource = async (context, scope, { told }) => {
  const events = told.flatMap(({ eventId }): Uuid[] => (eventId === undefined ? [] : [eventId]));
  const deliveries = await loadDeliveriesOf(context, scope, events);
  return deliveries.flatMap((delivery) => [
    ...delivery.tries.map((each) => tried(delivery, each)),
    ...(delivery.dueAtMs === null ? [] : [due(delivery, delivery.dueAtMs)]),
  ]);
};

const namesOf = (delivery: Delivery) => ({
  delivery: spellId(DELIVERY, delivery.id),
  endpoint: spellId(ENDPOINT, delivery.endpointId),
  event: spellId(EVENT, delivery.eventId),
});

const tried = (delivery: Delivery, { atMs, status, error, durationMs }: Try): TraceEntry => ({
  atMs,
  what: 'delivery',
  says:
    error === null
      ? `The endpoint heard of it and answered ${status}.`
      : `The endpoint could not be told: ${error}.`,
  details: { ...namesOf(delivery), status_code: status, error, duration_ms: durationMs },
});

const due = (delivery: Delivery, atMs: number): TraceEntry => ({
  atMs,
  what: 'delivery.due',
  says: 'The endpoint is told then.',
  details: namesOf(delivery),
});
