// A mandate: what a payer agreed to, by which later payments are made without them.

import type Stripe from 'stripe';
import { spellId, type Uuid } from '#kit/ids';
import type { Wire } from '#kit/wire';
import type { MandateData } from '#payments/confirmation';

export const MANDATE = 'mandate';

export type Mandate = MandateData & {
  readonly id: Uuid;
  readonly methodId: string;
  readonly methodType: string;
};

export const renderMandate = (mandate: Mandate, livemode: boolean) =>
  ({
    id: spellId(MANDATE, mandate.id),
    object: 'mandate',
    customer_acceptance: {
      accepted_at: Math.floor(mandate.acceptedAtMs / 1000),
      ...(mandate.type === 'offline'
        ? { offline: {} }
        : { online: { ip_address: mandate.address, user_agent: mandate.userAgent } }),
      type: mandate.type,
    },
    livemode,
    multi_use: {},
    payment_method: mandate.methodId,
    payment_method_details:
      mandate.methodType === 'card' ? { card: {}, type: 'card' } : { type: mandate.methodType },
    status: 'active',
    type: 'multi_use',
  }) satisfies Wire<Stripe.Mandate>;
