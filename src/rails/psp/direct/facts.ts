// What a payment request says, as facts of a card message and as the way in which the card came.

import type { AcquirerProfile, Facts } from '#rails/acquiring';
import type { PaymentRequest } from '#rails/connectors';

export const factsOf = (request: PaymentRequest, reference: string): Facts => {
  const { authentication, billing, descriptor, exemption, initiator } = request;
  return {
    reference,
    initiator,
    descriptor,
    ...(authentication === null ? {} : { authentication }),
    ...(exemption === undefined ? {} : { exemption }),
    postalCode: billing?.postalCode ?? null,
    addressLine1: billing?.line1 ?? null,
  };
};

export const entryOf = (
  { entry }: AcquirerProfile,
  { credential, authentication }: Pick<PaymentRequest, 'credential' | 'authentication'>,
): AcquirerProfile['entry']['payer'] => {
  // Who is there says nothing of it: a card that nobody keeps is not called kept because its payer is away.
  if (credential === 'subsequent') return entry.storedCredential;
  return authentication === null ? entry.payer : entry.payerAuthenticated;
};
