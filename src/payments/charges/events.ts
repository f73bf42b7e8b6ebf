// What others learn of charges. The snapshot may hold more than the charge: one change of a payment means
// an event of its charge and one of its intent, and each kind renders what is its own.

import {
  type EventKind,
  type EventRenderer,
  previousAttributes,
  type Snapshot,
} from '#platform/events';
import type { Charge } from './charge.ts';
import { type IntentBeside, packShown, type ShownCharge, unpackShown } from './lean-charge.ts';
import { renderCharge } from './render-charge.ts';

export const chargeSnapshot = (
  charge: Charge,
  before?: Charge,
  intent?: IntentBeside,
): Snapshot => ({
  charge: packShown(charge, intent),
  ...(isBeingTaken(charge) || (before !== undefined && isBeingTaken(before))
    ? { shows_deadline: true }
    : {}),
  ...(before === undefined ? {} : { charge_before: packShown(before) }),
});

/** The last capture is under way, so until when it may be captured still counts. */
const isBeingTaken = (charge: Pick<ShownCharge, 'isCaptureOver' | 'capturing'>): boolean =>
  charge.isCaptureOver && Number(charge.capturing) > 0;

const shown = (snapshot: Snapshot, stored: unknown, intent: unknown, livemode: boolean) => {
  const charge = unpackShown(stored, intent);
  // An event stays what it was: that deadline was left out as soon as the last capture was asked for.
  const isHidden = snapshot['shows_deadline'] !== true && isBeingTaken(charge);
  const object = renderCharge(isHidden ? { ...charge, captureBeforeMs: null } : charge, livemode);
  // While snapshots held all of a charge, what was let go of was not called given back, and so it was told.
  const isWhole = Object.hasOwn(stored as object, 'version');
  return isWhole && Number(charge.captured) === 0
    ? { ...object, amount_refunded: 0, refunded: false }
    : object;
};

const render: EventRenderer = (snapshot, livemode) => ({
  object: shown(snapshot, snapshot['charge'], snapshot['intent'], livemode),
});

const renderChanged: EventRenderer = (snapshot, livemode) => {
  const object = shown(snapshot, snapshot['charge'], snapshot['intent'], livemode);
  const before = snapshot['charge_before'];
  const previous =
    before === undefined
      ? undefined
      : previousAttributes(shown(snapshot, before, undefined, livemode), object);
  return { object, ...(previous === undefined ? {} : { previous_attributes: previous }) };
};

const kind = (code: number, type: string, renderer: EventRenderer): EventKind => ({
  code,
  type,
  object: 'charge',
  renderers: { 1: renderer },
  renderer: 1,
});

export const chargeSucceeded = kind(221, 'charge.succeeded', render);
export const chargeFailed = kind(222, 'charge.failed', render);
export const chargePending = kind(223, 'charge.pending', render);
export const chargeCaptured = kind(224, 'charge.captured', renderChanged);
export const chargeExpired = kind(225, 'charge.expired', render);
export const chargeRefunded = kind(226, 'charge.refunded', renderChanged);
export const chargeUpdated = kind(227, 'charge.updated', renderChanged);

export const chargeEventKinds = [
  chargeSucceeded,
  chargeFailed,
  chargePending,
  chargeCaptured,
  chargeExpired,
  chargeRefunded,
  chargeUpdated,
];
