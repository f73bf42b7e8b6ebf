import {
  type EventKind,
  type EventRenderer,
  previousAttributes,
  type Snapshot,
} from '#platform/events';
import type { PaymentMethod } from './payment-method.ts';
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
export const methodAutomaticallyUpdated = kind(114, 'payment_method.automatically_updated');

export const methodEventKinds = [
  methodAttached,
  methodUpdated,
  methodDetached,
  methodAutomaticallyUpdated,
];
