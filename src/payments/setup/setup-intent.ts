// A setup intent: the wish to keep a card for later. This is what is stored; `render-setup.ts` says how it is
// shown.

import type { PaymentMethod } from '#cards/methods';
import type { ShownProof } from '#cards/three-ds';
import type { Uuid } from '#kit/ids';
import type { MandateData } from '#payments/confirmation';
import type { LastError, MandateOptions, NextAction, Screened } from '#payments/intents';
import type { SetupStatus } from './setup-states.ts';

/** How many random bytes its client secret has. */
export const SECRET_BYTES = 18;

export type SetupUsage = 'off_session' | 'on_session';

export type SetupIntent = {
  readonly id: Uuid;
  readonly version: number;
  readonly events: number;
  readonly status: SetupStatus;
  readonly customerId: Uuid | null;
  /** As it is spelled: `pm_…` or `card_…`. */
  readonly methodId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** The random part of its client secret. */
  readonly secret: string;
  readonly usage: SetupUsage;
  readonly description: string | null;
  readonly returnUrl: string | null;
  readonly allowedTypes: readonly string[] | null;
  readonly excludedTypes?: readonly string[];
  readonly automaticMethods: { readonly allowRedirects: 'always' | 'never' } | null;
  readonly requestThreeDSecure: 'any' | 'automatic' | 'challenge' | null;
  readonly network?: string;
  readonly mandateOptions?: MandateOptions & { readonly currency: string };
  readonly attempts: number;
  readonly latestAttemptId: Uuid | null;
  readonly lastError: LastError | null;
  readonly nextAction: NextAction | null;
  /** In which the holder is asked, while they are. */
  readonly authenticationId: Uuid | null;
  readonly cancellationReason: 'abandoned' | 'duplicate' | 'requested_by_customer' | null;
  /** What the payer agreed to, until it becomes a mandate. */
  readonly mandateData: MandateData | null;
  readonly mandateId: Uuid | null;
  /** The object of a later module that made it and looks after it; null: its merchant did. */
  readonly madeBy: { readonly object: string; readonly id: Uuid } | null;
  /** Of the last try, where a payer's browser made it. */
  readonly screened?: Screened;
};

export const blankSetup = (id: Uuid, secret: string): SetupIntent => ({
  id,
  version: 1,
  events: 0,
  status: 'requires_payment_method',
  customerId: null,
  methodId: null,
  metadata: {},
  secret,
  usage: 'off_session',
  description: null,
  returnUrl: null,
  allowedTypes: null,
  automaticMethods: null,
  requestThreeDSecure: null,
  attempts: 0,
  latestAttemptId: null,
  lastError: null,
  nextAction: null,
  authenticationId: null,
  cancellationReason: null,
  mandateData: null,
  mandateId: null,
  madeBy: null,
});

export type SetupAttempt = {
  readonly id: Uuid;
  readonly version: number;
  readonly setupId: Uuid;
  /** The how-manieth of its intent. */
  readonly attempt: number;
  readonly status: 'processing' | 'requires_action' | 'succeeded' | 'failed' | 'abandoned';
  readonly customerId: Uuid | null;
  readonly usage: SetupUsage;
  readonly method: Pick<PaymentMethod, 'type' | 'card'> & { readonly id: string };
  readonly error: LastError | null;
  readonly threeDSecure: ShownProof | null;
};
