// A card's bank says that a payment was likely fraud, before its holder contests it.

import type Stripe from 'stripe';
import { spellId, type Uuid, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { CHARGE, INTENT } from '#payments/charges';

export const FRAUD_WARNING = 'issfr';

export type FraudWarningRow = {
  readonly id: Uuid;
  readonly chargeId: Uuid;
  readonly intentId: Uuid;
  readonly providerId: string;
  readonly isDirect: boolean;
  /** Whether something can still be done about it: a refund. */
  readonly isActionable: boolean;
};

export const renderFraudWarning = (warning: FraudWarningRow, livemode: boolean) =>
  ({
    id: spellId(FRAUD_WARNING, warning.id),
    object: 'radar.early_fraud_warning',
    actionable: warning.isActionable,
    charge: spellId(CHARGE, warning.chargeId),
    created: Math.floor(uuidMs(warning.id) / 1000),
    fraud_type: 'misc',
    livemode,
    ...(warning.isDirect ? {} : { payment_intent: spellId(INTENT, warning.intentId) }),
  }) satisfies Wire<Stripe.Radar.EarlyFraudWarning>;
