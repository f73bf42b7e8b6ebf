import { type Mandate, renderMandate } from '#payments/confirmation';
import type { EventKind, Snapshot } from '#platform/events';
import { renderSetup } from './render-setup.ts';
import type { SetupIntent } from './setup-intent.ts';

export const setupSnapshot = (setup: SetupIntent): Snapshot => ({ setup });

const kind = (code: number, type: string): EventKind => ({
  code,
  type,
  object: 'setup_intent',
  renderers: {
    1: (snapshot, livemode) => ({
      object: renderSetup(snapshot['setup'] as SetupIntent, livemode),
    }),
  },
  renderer: 1,
});

export const setupCreated = kind(281, 'setup_intent.created');
export const setupRequiresAction = kind(282, 'setup_intent.requires_action');
export const setupSucceeded = kind(283, 'setup_intent.succeeded');
export const setupFailed = kind(284, 'setup_intent.setup_failed');
export const setupCanceled = kind(285, 'setup_intent.canceled');

/** It is over with its method: nothing else of a mandate changes. */
export const mandateUpdated: EventKind = {
  code: 286,
  type: 'mandate.updated',
  object: 'mandate',
  renderers: {
    1: (snapshot, livemode) => ({
      object: renderMandate(snapshot['mandate'] as Mandate, livemode, true),
      previous_attributes: { status: 'active' },
    }),
  },
  renderer: 1,
};

export const setupEventKinds = [
  setupCreated,
  setupRequiresAction,
  setupSucceeded,
  setupFailed,
  setupCanceled,
  mandateUpdated,
];
