// Where a payer's browser confirms, it is judged before the card's bank is asked. Servers are not.

import type { PaymentMethod } from '#cards/methods';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type Screening, screen } from '#payments/risk';
import { type Screened, TRIES_IN_VAIN_MAX } from './payment-intent.ts';
import { triedTooOften } from './refusals.ts';

type Screenable = { readonly id: Uuid; readonly screened?: Screened };

/** The intent, of a payment or of a setup, with what was found out. */
export const screenPayer = async <I extends Screenable>(
  context: Context,
  scope: Scope,
  given: {
    readonly intent: I;
    readonly method: PaymentMethod;
    readonly tooOften?: () => Error;
  },
): Promise<{ readonly intent: I; readonly screening: Screening | null }> => {
  const { intent, method, tooOften = triedTooOften } = given;
  const { screened } = intent;
  if (context.actor.visitor === undefined) return { intent: asOfServer(intent), screening: null };
  const inVain = screened?.inVain ?? 0;
  if (inVain >= TRIES_IN_VAIN_MAX) throw tooOften();
  const screening = await screen(context, scope, { subject: intent.id, method });
  if (screening === null) return { intent, screening };
  const { id, isSuspect } = screening;
  return { intent: { ...intent, screened: { id, isSuspect, inVain } }, screening };
};

/** What a browser tried before is nothing to what a server tries now. */
const asOfServer = <I extends Screenable>(intent: I): I => {
  if (intent.screened === undefined) return intent;
  const copy: I & { screened?: Screened } = { ...intent };
  delete copy.screened;
  return copy;
};
