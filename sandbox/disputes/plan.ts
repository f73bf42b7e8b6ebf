// What is planned for a payment from the moment of its completion, because of the card it was made with.

import type { Later } from '../issuer/test-cards.ts';
import type { DisputeReason, Stage } from './dispute.ts';

export type Planned = {
  readonly reason: DisputeReason;
  readonly stage: Stage;
  /** How many equal parts of the payment are disputed, each by itself. */
  readonly parts: number;
  readonly programmes: readonly string[];
  /** What becomes of it where the merchant takes part in prevention. */
  readonly prevention?: 'refunds_the_holder' | 'blocks';
};

const chargeback: Planned = { reason: 'fraudulent', stage: 'chargeback', parts: 1, programmes: [] };

export const plans: Readonly<Record<NonNullable<Later['dispute']>, Planned>> = {
  fraudulent: chargeback,
  product_not_received: { ...chargeback, reason: 'product_not_received' },
  inquiry: { ...chargeback, reason: 'general', stage: 'inquiry' },
  several: { ...chargeback, parts: 2 },
  ce3_eligible: { ...chargeback, programmes: ['visa_compelling_evidence_3'] },
  compliance: { ...chargeback, reason: 'noncompliant', programmes: ['compliance'] },
  auto_representment: { ...chargeback, programmes: ['auto_representment'] },
  rapid_resolution: {
    ...chargeback,
    programmes: ['visa_rapid_dispute_resolution'],
    prevention: 'refunds_the_holder',
  },
  ce3_block: {
    ...chargeback,
    programmes: ['visa_compelling_evidence_3'],
    prevention: 'blocks',
  },
  ethoca_alert: { ...chargeback, programmes: ['ethoca_alert'], prevention: 'refunds_the_holder' },
};

/** Long enough for a gateway to have written down that the payment succeeded. */
export const AFTERWARDS_MS = 5_000;
