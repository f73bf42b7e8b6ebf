import {
  type EventKind,
  type EventRenderer,
  previousAttributes,
  type Snapshot,
} from '#platform/events';
import { type Dispute, plainDispute } from './dispute.ts';
import { type FraudWarningRow, renderFraudWarning } from './fraud-warning.ts';
import { renderDispute } from './render-dispute.ts';

export const disputeSnapshot = (dispute: Dispute, nowMs: number, before?: Dispute): Snapshot => ({
  dispute: plainDispute(dispute),
  at: nowMs,
  ...(before === undefined ? {} : { dispute_before: plainDispute(before) }),
});

const shown = (snapshot: Snapshot, name: string, livemode: boolean) =>
  renderDispute(snapshot[name] as Dispute, livemode, Number(snapshot['at']));

const render: EventRenderer = (snapshot, livemode) => ({
  object: shown(snapshot, 'dispute', livemode),
});

const renderChanged: EventRenderer = (snapshot, livemode) => {
  const object = shown(snapshot, 'dispute', livemode);
  if (snapshot['dispute_before'] === undefined) return { object };
  const previous = previousAttributes(shown(snapshot, 'dispute_before', livemode), object);
  return { object, ...(previous === undefined ? {} : { previous_attributes: previous }) };
};

const kind = (code: number, type: string, renderer: EventRenderer): EventKind => ({
  code,
  type,
  object: 'dispute',
  renderers: { 1: renderer },
  renderer: 1,
});

export const disputeCreated = kind(261, 'charge.dispute.created', render);
export const disputeUpdated = kind(262, 'charge.dispute.updated', renderChanged);
export const disputeClosed = kind(263, 'charge.dispute.closed', renderChanged);
export const disputeFundsWithdrawn = kind(264, 'charge.dispute.funds_withdrawn', render);
export const disputeFundsReinstated = kind(265, 'charge.dispute.funds_reinstated', render);

export const fraudWarningCreated: EventKind = {
  code: 266,
  type: 'radar.early_fraud_warning.created',
  object: 'radar.early_fraud_warning',
  renderers: {
    1: (snapshot, livemode) => ({
      object: renderFraudWarning(snapshot['warning'] as FraudWarningRow, livemode),
    }),
  },
  renderer: 1,
};

export const disputeEventKinds = [
  disputeCreated,
  disputeUpdated,
  disputeClosed,
  disputeFundsWithdrawn,
  disputeFundsReinstated,
  fraudWarningCreated,
];
