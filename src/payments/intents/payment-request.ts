// What is asked of a provider for a payment; pure.

import type { PaymentMethod } from '#cards/methods';
import type { Claim } from '#cards/three-ds';
import { descriptorOf } from '#payments/charges';
import { type CardMethod, isCard, type OtherMethod, type PaymentRequest } from '#rails/connectors';
import { chosenFor } from './away-options.ts';
import type { PaymentIntent } from './payment-intent.ts';

export const requestOf = (input: {
  readonly intent: PaymentIntent;
  readonly method: PaymentMethod;
  readonly offSession: boolean;
  readonly authentication: PaymentRequest['authentication'];
  readonly exemption: Claim | null;
  /** Where a payer comes back to who is sent away. */
  readonly returnUrl: string | null;
}): PaymentRequest => {
  const { intent, method, offSession, authentication, exemption, returnUrl } = input;
  const { address, name, email } = method.billing;
  return {
    method: withOptions(methodOf(method), intent),
    initiator: offSession ? 'merchant' : 'payer',
    credential: credentialOf(intent, method),
    firstNetworkTransactionId: method.firstNetworkTransactionId ?? null,
    authentication,
    ...(exemption === null ? {} : { exemption }),
    descriptor: descriptorOf(intent) ?? '',
    description: intent.description,
    billing: {
      name,
      email,
      line1: address.line1,
      postalCode: address.postal_code,
      country: address.country,
    },
    payer: null,
    returnUrl,
  };
};

/** What the merchant chose for the way that is taken. */
const withOptions = (
  method: CardMethod | OtherMethod,
  intent: PaymentIntent,
): CardMethod | OtherMethod =>
  isCard(method)
    ? method
    : { ...method, data: { ...method.data, ...chosenFor(intent, method.type) } };

export const methodOf = (method: PaymentMethod): CardMethod | OtherMethod => {
  const { card, cardId, other } = method;
  if (card === null || cardId === null) return { type: method.type, data: chosenIn(other) };
  const cvcRef = other?.['cvc_ref'];
  return {
    type: 'card',
    card: cardId,
    cvcFor: typeof cvcRef === 'string' ? cvcRef : null,
    brand: card.brand,
    funding: card.funding,
    country: card.country,
  };
};

/** The bank that the payer named, where they did. */
const chosenIn = (other: PaymentMethod['other']): Readonly<Record<string, string>> => {
  const bank = other?.['bank'];
  return typeof bank === 'string' ? { bank } : {};
};

export const credentialOf = (
  intent: PaymentIntent,
  method: PaymentMethod,
): PaymentRequest['credential'] => {
  if (method.state === 'attached') return 'subsequent';
  const future = intent.cardOptions.setupFutureUsage ?? intent.setupFutureUsage;
  return future === null || future === 'none' ? 'not_stored' : 'first';
};
