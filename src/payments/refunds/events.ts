import {
  type EventKind,
  type EventRenderer,
  previousAttributes,
  type Snapshot,
} from '#platform/events';
import { plainRefund, type Refund } from './refund.ts';
import { renderRefund } from './render-refund.ts';

export const refundSnapshot = (refund: Refund, before?: Refund): Snapshot => ({
  refund: plainRefund(refund),
  ...(before === undefined ? {} : { refund_before: plainRefund(before) }),
});

const render: EventRenderer = (snapshot) => ({
  object: renderRefund(snapshot['refund'] as Refund),
});

const renderChanged: EventRenderer = (snapshot) => {
  const object = renderRefund(snapshot['refund'] as Refund);
  const before = snapshot['refund_before'] as Refund | undefined;
  const previous = before && previousAttributes(renderRefund(before), object);
  return { object, ...(previous === undefined ? {} : { previous_attributes: previous }) };
};

const kind = (code: number, type: string, renderer: EventRenderer): EventKind => ({
  code,
  type,
  object: 'refund',
  renderers: { 1: renderer },
  renderer: 1,
});

export const refundCreated = kind(241, 'refund.created', render);
export const refundUpdated = kind(242, 'refund.updated', renderChanged);
export const refundFailed = kind(243, 'refund.failed', render);
export const chargeRefundUpdated = kind(244, 'charge.refund.updated', renderChanged);

export const refundEventKinds = [refundCreated, refundUpdated, refundFailed, chargeRefundUpdated];
