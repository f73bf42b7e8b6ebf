// What others learn of customers. One snapshot per change; the event is rendered from it.

import {
  type EventKind,
  type EventRenderer,
  previousAttributes,
  type Snapshot,
  tellingWhatChanged,
} from '#platform/events';
import type { Customer } from './customer.ts';
import { renderCustomer } from './render-customer.ts';

export const customerSnapshot = (customer: Customer, before?: Customer): Snapshot => ({
  customer,
  ...(before === undefined ? {} : { before }),
});

const render: EventRenderer = (snapshot, livemode) => {
  const object = renderCustomer(snapshot['customer'] as Customer, livemode);
  const before = snapshot['before'] as Customer | undefined;
  const previous = before && previousAttributes(renderCustomer(before, livemode), object);
  return { object, ...(previous === undefined ? {} : { previous_attributes: previous }) };
};

const kind = (code: number, type: string): EventKind => ({
  code,
  type,
  object: 'customer',
  renderers: { 1: render },
  renderer: 1,
});

export const customerCreated = kind(101, 'customer.created');
export const customerUpdated: EventKind = {
  ...kind(102, 'customer.updated'),
  renderers: { 1: render, 2: tellingWhatChanged(render) },
  renderer: 2,
};
export const customerDeleted = kind(103, 'customer.deleted');

export const customerEventKinds = [customerCreated, customerUpdated, customerDeleted];
