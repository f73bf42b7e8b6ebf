// A row of the log as the events it means.

import type Stripe from 'stripe';
import { assert } from '#kit/assert';
import { spellId, type Uuid, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { ApiError } from '#platform/http';
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

/** What a version that runs beside this one, or ran before it, wrote is told by that alone. */
export const isKnown = (kinds: EventKinds, change: ChangeRow): boolean =>
  change.kinds.every((code) => isRendered(kinds.byCode(code), change));

const isRendered = (kind: EventKind | undefined, { renderer }: ChangeRow): kind is EventKind =>
  kind !== undefined && Object.hasOwn(kind.renderers, renderer);

/** What the log holds, of which this version may not know how it is told. */
export type AnyEvent = Omit<LoggedEvent, 'kind'> & { readonly kind: EventKind | undefined };

/** Those of a change, of these kinds alone where some are asked for. */
export const anyEventsOf = (
  kinds: EventKinds,
  change: ChangeRow,
  codes: readonly number[] | null = null,
): AnyEvent[] =>
  change.kinds.flatMap((code, position) => {
    if (codes !== null && !codes.includes(code)) return [];
    const kind = kinds.byCode(code);
    const id = eventIdOf(change.id, position);
    return [{ id, kind: isRendered(kind, change) ? kind : undefined, change }];
  });

export const canBeShown = (event: AnyEvent): event is LoggedEvent => event.kind !== undefined;

/** One that was left out would be missed without a word, by who pages on from there: they are told to ask again instead. */
export const toShow = (event: AnyEvent, meanwhile = ''): LoggedEvent => {
  if (canBeShown(event)) return event;
  throw new ApiError(
    503,
    `A newer version of this installation, which runs beside this one or ran before it, wrote an event that this one does not know. Nothing is left out: ask again when the upgrade is through; or start the newer version again, if it was taken back.${meanwhile}`,
    { retryAfterSeconds: 1 },
  );
};

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
