// What others learn of payments. One change of a payment is one snapshot, of its intent and of its charge
// where that changed too; each event is rendered from its own part.

import {
  type EventKind,
  type EventRenderer,
  previousAttributes,
  type Snapshot,
} from '#platform/events';
import { packShown, type ShownIntent, unpackShown } from './lean-intent.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { renderIntent } from './render-intent.ts';

export const intentSnapshot = (intent: PaymentIntent, before?: PaymentIntent): Snapshot => ({
  intent: packShown(intent),
  ...(intent.orderReference === null ? {} : { shows_order: true }),
  ...(before === undefined ? {} : { intent_before: packShown(before) }),
});

const render: EventRenderer = (snapshot, livemode) => ({
  object: renderIntent(shownBy(snapshot, snapshot['intent']), livemode),
});

/** An event stays what it was: before orders were shown, snapshots held them as well. */
const shownBy = (snapshot: Snapshot, stored: unknown): ShownIntent => {
  const intent = unpackShown(stored);
  return snapshot['shows_order'] === true ? intent : { ...intent, orderReference: null };
};

const renderChanged: EventRenderer = (snapshot, livemode) => {
  const object = renderIntent(shownBy(snapshot, snapshot['intent']), livemode);
  const before = snapshot['intent_before'];
  const previous =
    before === undefined
      ? undefined
      : previousAttributes(renderIntent(shownBy(snapshot, before), livemode), object);
  return { object, ...(previous === undefined ? {} : { previous_attributes: previous }) };
};

const kind = (code: number, type: string, renderer: EventRenderer): EventKind => ({
  code,
  type,
  object: 'payment_intent',
  renderers: { 1: renderer },
  renderer: 1,
});

export const intentCreated = kind(201, 'payment_intent.created', render);
export const intentRequiresAction = kind(202, 'payment_intent.requires_action', render);
export const intentProcessing = kind(203, 'payment_intent.processing', render);
export const intentCapturable = kind(
  204,
  'payment_intent.amount_capturable_updated',
  renderChanged,
);
export const intentSucceeded = kind(205, 'payment_intent.succeeded', render);
export const intentFailed = kind(206, 'payment_intent.payment_failed', render);
export const intentCanceled = kind(207, 'payment_intent.canceled', render);

export const intentEventKinds = [
  intentCreated,
  intentRequiresAction,
  intentProcessing,
  intentCapturable,
  intentSucceeded,
  intentFailed,
  intentCanceled,
];
