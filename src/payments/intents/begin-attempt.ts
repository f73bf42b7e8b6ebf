// A payment and its charge as they are while the first candidate of an attempt is asked.

import type { PaymentMethod } from '#cards/methods';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { type Charge, receiptUrlOf } from '#payments/charges';
import type { Candidate } from '#rails/connectors';
import { mandateFor } from './agreed-mandate.ts';
import { next } from './intent-states.ts';
import { kindAt, offeredBy, seenOf } from './offered-by.ts';
import type { PaymentIntent } from './payment-intent.ts';

export type Begun = {
  readonly before: { readonly intent: PaymentIntent | null; readonly charge: Charge | null };
  readonly intent: PaymentIntent;
  readonly charge: Charge;
  readonly isFirst: boolean;
};

export const beginning = (
  context: Context,
  scope: Scope,
  {
    before,
    intent,
    method,
  }: {
    readonly before: PaymentIntent | null;
    readonly intent: PaymentIntent;
    readonly method: PaymentMethod;
  },
  candidate: Candidate | undefined,
): Begun => {
  const attempts = intent.attempts + 1;
  const chargeId = newUuid(context);
  const chosen = present(candidate, 'A candidate');
  const { mayBeRaised, mayBeSplit } = offeredBy(chosen, intent);
  return {
    before: { intent: before, charge: null },
    isFirst: true,
    intent: {
      ...intent,
      status: present(next(intent.status, 'sent'), 'A way to send it'),
      events: before === null && !intent.isDirect ? 1 : intent.events,
      doing: 'payment',
      isProcessingTold: false,
      attempts,
      nextAction: null,
      lastError: null,
    },
    charge: {
      id: chargeId,
      version: 1,
      events: 0,
      intentId: intent.id,
      attempt: attempts,
      status: 'pending',
      currency: intent.currency,
      amount: intent.amount,
      captured: 0n,
      capturing: 0n,
      refunded: 0n,
      refunding: 0n,
      chargedBack: 0n,
      chargedBackBeyond: 0n,
      customerId: intent.customerId,
      operationId: null,
      connectorAccountId: chosen.connectorAccountId,
      metadata: intent.metadata,
      kind: kindAt(chosen, intent),
      isDirect: intent.isDirect,
      isUnwanted: false,
      isCaptureOver: false,
      isDisputed: false,
      mayBeRaised,
      mayBeSplit,
      authorizedAtMs: null,
      captureBeforeMs: null,
      method: {
        id: present(intent.methodId, 'The method'),
        type: method.type,
        card: method.card,
        billing: method.billing,
        ...(method.card === null ? { other: method.other } : {}),
        ...(method.legacy === null ? {} : { legacy: method.legacy }),
      },
      description: intent.description,
      receiptEmail: intent.receiptEmail,
      receiptUrl: receiptUrlOf(context, { scope, chargeId }),
      shipping: intent.shipping,
      statementDescriptor: intent.statementDescriptor,
      statementDescriptorSuffix: intent.statementDescriptorSuffix,
      transferGroup: intent.transferGroup,
      userReport: null,
      failure: null,
      told: null,
      threeDSecure: null,
      exemption: null,
      refunds: 0,
      captures: 0,
      balanceTransactionId: null,
      ...mandateFor(intent),
      ...seenOf(intent, method),
    },
  };
};
