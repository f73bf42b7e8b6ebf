// Where a payer's browser confirms, it is judged before the card's bank is asked. Servers are not.

import type { PaymentMethod } from '#cards/methods';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type Screening, screen } from '#payments/risk';
import { ApiError, type ErrorFields } from '#platform/http';
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
    readonly tooOften?: () => ApiError;
    /** What a refusal shows of what is there already, by its name. */
    readonly shown: () => ErrorFields;
  },
): Promise<{ readonly intent: I; readonly screening: Screening | null }> => {
  const { intent, method, tooOften = triedTooOften } = given;
  const { screened } = intent;
  if (context.actor.visitor === undefined) return { intent: asOfServer(intent), screening: null };
  const inVain = screened?.inVain ?? 0;
  const telling = (error: unknown): unknown =>
    error instanceof ApiError
      ? new ApiError(error.status, error.message, { ...error.fields, ...given.shown() })
      : error;
  if (inVain >= TRIES_IN_VAIN_MAX) throw telling(tooOften());
  const screening = await screen(context, scope, { subject: intent.id, method }).catch(
    (error: unknown) => {
      throw telling(error);
    },
  );
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
