// The refund of a charge of the older API that was not captured: what it holds is let go of. No money moves and nothing
// is posted; the refund says what became of the void that it stands for.

import type { Context } from '#kit/context';
import { spellId } from '#kit/ids';
import type { Charge } from '#payments/charges';
import { type Asking, holdOf, letGo } from '#payments/intents';
import { ApiError, type Outcome } from '#platform/http';
import type { Conclusion } from '#rails/operations';
import { concludeRelease } from './conclude-refund.ts';
import { holding } from './hear.ts';
import { type NewRefund, newRefund } from './new-refund.ts';
import type { Refund } from './refund.ts';
import { insertRefund } from './refunds.store.ts';
import { REFUND, renderRefund } from './render-refund.ts';
import { type ShowRefund, shownNow } from './send-refund.ts';

type Asked = Omit<NewRefund, 'amount' | 'isAutomatic'> & { readonly amount: number | undefined };

/** Null: another request was faster, and everything is to be read and decided anew. */
export const releaseHold = async (
  context: Context,
  request: Asking,
  before: Charge,
  { amount, ...asked }: Asked,
  { shows, showsNo }: { readonly shows: ShowRefund; readonly showsNo: boolean },
): Promise<Outcome | null> => {
  const { scope } = request;
  const intent = await holdOf(context, scope, before, amount);
  const charge: Charge = { ...before, refunds: before.refunds + 1 };
  const refund: Refund = {
    ...newRefund(context, before, { ...asked, amount: before.amount, isAutomatic: false }),
    destination: { type: before.method.type, trace: null, isReversal: true },
    byVoid: intent.voids + 1,
  };
  const asHeard = (heard: Conclusion | null): Refund =>
    (heard && concludeRelease(refund, heard)?.refund) ?? refund;
  const outcome = await holding(context, { refund, charge, cause: request.cause }, () =>
    letGo(context, request, {
      intent,
      reason: null,
      change: (unchanged) => unchanged,
      beside: { id: refund.id, writes: [insertRefund(scope, refund)], before, charge },
      shows: (concluded, heard) => shows(asHeard(heard), concluded.charge),
      related: (heard) => ({ [spellId(REFUND, refund.id)]: renderRefund(asHeard(heard)) }),
      showsNo,
    }),
  );
  const isAnswered =
    outcome === null || outcome.concluded === true || outcome.body instanceof ApiError;
  // Somebody else has heard what became of it.
  return isAnswered ? outcome : { body: await shownNow(context, scope, refund.id, shows) };
};
