// Why a payment failed that was not paid with a card: at a bank's page, or because its payer never came back
// from there. Another try may always be made, and another way to pay may always be taken.

import { errorCodes } from '#platform/http';
import type { Failure, FailureCode } from './decline.ts';

const codes: Readonly<Record<string, FailureCode>> = {
  // We ended it at the provider, because its payer went back or stayed away.
  canceled: 'payment_method_customer_decline',
  payment_intent_authentication_failure: 'payment_intent_authentication_failure',
  payment_intent_payment_attempt_expired: 'payment_intent_payment_attempt_expired',
  payment_method_customer_decline: 'payment_method_customer_decline',
  payment_method_provider_timeout: 'payment_method_provider_timeout',
  processing_error: 'processing_error',
};

/** Where the usual words speak of a card. */
const messages: Partial<Readonly<Record<FailureCode, string>>> = {
  processing_error: 'An error occurred while processing the payment. Try again in a little bit.',
};

/** A reason that nobody knows says no more than that it was declined. */
export const otherFailureOf = (reason: string | null): Failure => {
  const code = codes[reason ?? ''] ?? 'payment_method_provider_decline';
  return {
    code,
    declineCode: code,
    message: messages[code] ?? errorCodes[code].message ?? '',
    advice: null,
    networkCode: null,
    isOfCard: false,
  };
};
