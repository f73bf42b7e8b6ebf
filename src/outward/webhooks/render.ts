import type Stripe from 'stripe';
import { spellId, spellUuid, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { EVENT } from '#platform/events';
import type { Delivery } from './delivery.ts';
import type { Endpoint } from './endpoint.ts';

export const ENDPOINT = 'we';
export const DELIVERY = 'whd';

const seconds = (ms: number): number => Math.floor(ms / 1000);

export const renderEndpoint = (endpoint: Endpoint, livemode: boolean) =>
  ({
    id: spellId(ENDPOINT, endpoint.id),
    object: 'webhook_endpoint',
    api_version: endpoint.apiVersion,
    application: null,
    created: seconds(uuidMs(endpoint.id)),
    description: endpoint.description,
    enabled_events: [...(endpoint.events ?? ['*'])],
    livemode,
    metadata: endpoint.metadata,
    status: endpoint.state,
    url: endpoint.url,
  }) satisfies Wire<Stripe.WebhookEndpoint>;

/** Shown once: when it was made, and when it was rolled. */
export const renderWithSecret = (endpoint: Endpoint, livemode: boolean) => ({
  ...renderEndpoint(endpoint, livemode),
  secret: endpoint.secrets[0]?.text ?? '',
});

export const renderDelivery = (delivery: Delivery, livemode: boolean) => ({
  id: spellId(DELIVERY, delivery.id),
  object: 'webhook_delivery' as const,
  attempts: delivery.tries.map((each) => ({
    at: seconds(each.atMs),
    duration_ms: each.durationMs,
    error: each.error,
    response: each.answer,
    status_code: each.status,
  })),
  event: spellId(EVENT, delivery.eventId),
  livemode,
  next_attempt: delivery.dueAtMs === null ? null : seconds(delivery.dueAtMs),
  sequence: delivery.sequence,
  sequence_of: spellUuid(delivery.objectId),
  status: delivery.state,
  webhook_endpoint: spellId(ENDPOINT, delivery.endpointId),
});
