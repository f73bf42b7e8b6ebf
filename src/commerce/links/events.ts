// What others learn of links. One snapshot per change; the event is rendered from it.

import { plainSession } from '#commerce/checkout';
import type { Scope } from '#kit/context';
import {
  type EventKind,
  type EventRenderer,
  previousAttributes,
  type Snapshot,
  tellingWhatChanged,
} from '#platform/events';
import type { PaymentLink } from './link.ts';
import { renderLink } from './render-link.ts';

export const linkSnapshot = (
  link: PaymentLink,
  completed: number,
  before?: PaymentLink,
): Snapshot => ({
  link: plainSession(link),
  completed,
  ...(before === undefined ? {} : { before: plainSession(before) }),
});

const render: EventRenderer = (snapshot, livemode) => {
  const scope: Scope = { accountId: '', livemode };
  const completed = Number(snapshot['completed']);
  const object = renderLink(snapshot['link'] as PaymentLink, scope, completed);
  const before = snapshot['before'] as PaymentLink | undefined;
  const previous = before && previousAttributes(renderLink(before, scope, completed), object);
  return { object, ...(previous === undefined ? {} : { previous_attributes: previous }) };
};

const kind = (code: number, type: string): EventKind => ({
  code,
  type,
  object: 'payment_link',
  renderers: { 1: render },
  renderer: 1,
});

export const linkCreated = kind(411, 'payment_link.created');
export const linkUpdated: EventKind = {
  ...kind(412, 'payment_link.updated'),
  renderers: { 1: render, 2: tellingWhatChanged(render) },
  renderer: 2,
};
export const linkEventKinds = [linkCreated, linkUpdated];
