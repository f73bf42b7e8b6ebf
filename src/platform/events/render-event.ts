// A row of the log as the events it means.

import type Stripe from 'stripe';
import { assert } from '#kit/assert';
import { spellId, type Uuid, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import type { EventKind, EventKinds } from './event-kind.ts';
import { type ChangeRow, eventIdOf } from './events.store.ts';

/** The version of Stripe's API whose shapes we render. */
export const API_VERSION = '2026-10-28.endive';

export const EVENT = 'evt';

type EventShape = Omit<Wire<Stripe.EventBase>, 'type' | 'data'> & {
  readonly type: string;
  readonly data: { readonly object: unknown; readonly previous_attributes?: unknown };
};

export type LoggedEvent = {
  readonly id: Uuid;
  readonly kind: EventKind;
  readonly change: ChangeRow;
};

/** The events of a change, in the order in which they happened. */
export const eventsOf = (kinds: EventKinds, change: ChangeRow): LoggedEvent[] =>
  change.kinds.map((code, position) => {
    const kind = kinds.byCode(code);
    assert(kind, `No module of this version knows events of code ${code}.`);
    return { id: eventIdOf(change.id, position), kind, change };
  });

/** The same bytes whenever it is asked for, but for how many are still to be told of it. */
export const renderEvent = ({ id, kind, change }: LoggedEvent, pendingWebhooks = 0) => {
  const render = kind.renderers[change.renderer];
  assert(render, `The renderer ${change.renderer} of ${kind.type} is gone.`);
  return {
    id: spellId(EVENT, id),
    object: 'event',
    api_version: API_VERSION,
    created: Math.floor(uuidMs(change.id) / 1000),
    data: render(change.snapshot, change.livemode),
    livemode: change.livemode,
    pending_webhooks: pendingWebhooks,
    request: { id: change.request_id, idempotency_key: change.idempotency_key },
    type: kind.type,
  } satisfies EventShape;
};
