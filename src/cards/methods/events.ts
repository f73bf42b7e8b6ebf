import { present } from '#kit/assert';
import {
  type EventKind,
  type EventRenderer,
  previousAttributes,
  type Snapshot,
} from '#platform/events';
import type { PaymentMethod } from './payment-method.ts';
import { renderSource } from './render-card.ts';
import { renderPaymentMethod } from './render-payment-method.ts';

export const methodSnapshot = (method: PaymentMethod, before?: PaymentMethod): Snapshot => ({
  method,
  ...(before === undefined ? {} : { before }),
});

const render: EventRenderer = (snapshot, livemode) => {
  const object = renderPaymentMethod(snapshot['method'] as PaymentMethod, livemode);
  const before = snapshot['before'] as PaymentMethod | undefined;
  const previous = before && previousAttributes(renderPaymentMethod(before, livemode), object);
  return { object, ...(previous === undefined ? {} : { previous_attributes: previous }) };
};

const kind = (code: number, type: string): EventKind => ({
  code,
  type,
  object: 'payment_method',
  renderers: { 1: render },
  renderer: 1,
});

export const methodAttached = kind(111, 'payment_method.attached');
export const methodUpdated = kind(112, 'payment_method.updated');
export const methodDetached = kind(113, 'payment_method.detached');
const methodAutomaticallyUpdated = kind(114, 'payment_method.automatically_updated');

/** A card of an older client, as that client knows it: what is gone is shown as it was. */
const sourceKind = (code: number, what: 'created' | 'updated' | 'deleted'): EventKind => ({
  code,
  type: `customer.source.${what}`,
  object: 'card',
  renderers: {
    1: (snapshot) => {
      const before = snapshot['before'] as PaymentMethod | undefined;
      const now = snapshot['method'] as PaymentMethod;
      const object = shownSource(what === 'deleted' ? (before ?? now) : now);
      if (what !== 'updated' || before === undefined) return { object };
      const previous = previousAttributes(shownSource(before), object);
      return { object, ...(previous === undefined ? {} : { previous_attributes: previous }) };
    },
  },
  renderer: 1,
});

const shownSource = (method: PaymentMethod) =>
  present(renderSource(method), 'The card of a source');

const sourceCreated = sourceKind(115, 'created');
const sourceUpdated = sourceKind(116, 'updated');
const sourceDeleted = sourceKind(117, 'deleted');

const ofSources: ReadonlyMap<EventKind, EventKind> = new Map([
  [methodAttached, sourceCreated],
  [methodUpdated, sourceUpdated],
  [methodDetached, sourceDeleted],
]);

/** What is told of a method: of one that is a source too, in the words of both. */
export const kindsFor = (
  { legacy, card }: Pick<PaymentMethod, 'legacy' | 'card'>,
  kind: EventKind,
): readonly EventKind[] => {
  const older = legacy === null || card === null ? undefined : ofSources.get(kind);
  return older === undefined ? [kind] : [older, kind];
};

export const methodEventKinds = [
  methodAttached,
  methodUpdated,
  methodDetached,
  methodAutomaticallyUpdated,
  sourceCreated,
  sourceUpdated,
  sourceDeleted,
];
