// A payment of which nothing is held any more, and nothing has to be asked of anybody: it is ended as it is.

import type { Context, Scope } from '#kit/context';
import type { Charge } from '#payments/charges';
import type { Cause } from '#platform/events';
import { endHeld } from './end-held.ts';
import { writePayment } from './payment.ts';
import type { PaymentIntent } from './payment-intent.ts';

export const writesOfEnd = (
  context: Context,
  scope: Scope,
  before: { readonly intent: PaymentIntent; readonly charge: Charge },
  cause: Cause,
) => {
  const { intent, kinds } = endHeld({ ...before, nowMs: context.clock.now() });
  return writePayment(context, scope, { before, intent, charge: before.charge, kinds }, cause);
};
