// A mandate: what a payer agreed to, by which later payments are made without them.

import type Stripe from 'stripe';
import { spellId, type Uuid } from '#kit/ids';
import type { Wire } from '#kit/wire';
import type { MandateData } from './mandate-data.ts';

export const MANDATE = 'mandate';

export type Mandate = MandateData & {
  readonly id: Uuid;
  readonly methodId: string;
  readonly methodType: string;
  /** Good for this one payment; absent: for later ones too. */
  readonly singleUse?: { readonly amount: number; readonly currency: string };
};

/** `isOver`: its method can be paid with no more. */
export const renderMandate = (mandate: Mandate, livemode: boolean, isOver = false) =>
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
    payment_method: mandate.methodId,
    payment_method_details:
      mandate.methodType === 'card' ? { card: {}, type: 'card' } : { type: mandate.methodType },
    ...(mandate.singleUse === undefined ? { multi_use: {} } : { single_use: mandate.singleUse }),
    // One for a single payment is made when that has succeeded, and then it has been used.
    status: mandate.singleUse === undefined && !isOver ? 'active' : 'inactive',
    type: mandate.singleUse === undefined ? 'multi_use' : 'single_use',
  }) satisfies Wire<Stripe.Mandate>;
