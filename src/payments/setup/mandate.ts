// A mandate: what a payer agreed to, by which later payments are made without them.

import type Stripe from 'stripe';
import { spellId, type Uuid } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { anything, object, oneOf, required, text, timestamp } from '#platform/http';

export const MANDATE = 'mandate';

export type MandateData = {
  readonly acceptedAtMs: number;
  readonly type: 'offline' | 'online';
  readonly address: string | null;
  readonly userAgent: string | null;
};

export type Mandate = MandateData & {
  readonly id: Uuid;
  readonly methodId: string;
  readonly methodType: string;
};

export const mandateParameters = object({
  customer_acceptance: required(
    object({
      accepted_at: timestamp(),
      offline: anything(),
      online: object({
        ip_address: text(100),
        user_agent: text(1_000),
        infer_from_client: anything(),
      }),
      type: required(oneOf('offline', 'online')),
    }),
  ),
});

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
