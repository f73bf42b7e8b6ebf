// What a stored intent, and one in the snapshot of an event, is kept without. See `leanBy`: nothing here may
// be changed, since stored rows mean it.

import { leanBy } from '#platform/db';
import type { PaymentIntent } from './payment-intent.ts';

const usual = {
  customerId: null,
  latestChargeId: null,
  orderReference: null,
  madeBy: null,
  isDirect: false,
  dueAtMs: null,
  metadata: {},
  doing: null,
  isProcessingTold: false,
  cancelWanted: null,
  authenticationId: null,
  attempts: 0,
  voids: 0,
  increments: 0,
  ifRaised: null,
  allowedTypes: null,
  types: null,
  automaticMethods: null,
  captureMethod: 'automatic_async',
  confirmationMethod: 'automatic',
  canceledAtMs: null,
  cancellationReason: null,
  description: null,
  lastError: null,
  nextAction: null,
  methodId: null,
  cardOptions: {
    captureMethod: null,
    network: null,
    requestThreeDSecure: null,
    setupFutureUsage: null,
    multicapture: false,
    incremental: false,
  },
  receiptEmail: null,
  returnUrl: null,
  setupFutureUsage: null,
  shipping: null,
  statementDescriptor: null,
  statementDescriptorSuffix: null,
  transferGroup: null,
} as const satisfies Partial<PaymentIntent>;

export const leanIntent = leanBy<PaymentIntent>(usual);

const NOT_SHOWN = ['version', 'events', 'attempts', 'untold', 'mandate', 'byMandate'] as const;
const notShown: ReadonlySet<string> = new Set(NOT_SHOWN);

/** All that is ever shown of an intent, and so all that the snapshot of an event holds. */
export type ShownIntent = Omit<PaymentIntent, (typeof NOT_SHOWN)[number]>;

/** Amounts are numbers there. */
const leanShown = leanBy<PaymentIntent>({
  ...usual,
  received: 0,
  capturable: 0,
} as unknown as Partial<PaymentIntent>);

export const packShown = (intent: PaymentIntent): Record<string, unknown> =>
  leanShown.pack(intent, notShown);

export const unpackShown = (stored: unknown): ShownIntent =>
  leanShown.unpack(stored as Partial<PaymentIntent>);
