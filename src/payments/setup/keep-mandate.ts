// The mandate of a payment: what its payer agreed to becomes one in the transaction in which the payment succeeds, as
// it does for a setup.

import { chargeSucceeded } from '#payments/charges';
import type { PaymentListener } from '#payments/intents';
import { insertMandate } from './setup.store.ts';

export const keepMandate: PaymentListener = async (_context, scope, { intent, charge, kinds }) => {
  const { mandate } = intent;
  // A charge succeeds once, whatever is captured of it later; one that nobody wants any more goes back.
  const isMade = kinds.includes(chargeSucceeded) && charge?.isUnwanted === false;
  if (mandate === undefined || !isMade || charge.mandateId !== mandate.id) return [];
  return [
    insertMandate(scope, {
      ...mandate,
      methodId: charge.method.id,
      methodType: charge.method.type,
    }),
  ];
};
