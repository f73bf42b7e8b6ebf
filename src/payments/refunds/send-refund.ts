// Giving money back: it is reserved at the charge before anybody is asked, so that of two who ask for the
// same rest one is refused.

import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import { CHARGE, type Charge, loadCharge, renderCharge, updateCharge } from '#payments/charges';
import type { Asking } from '#payments/intents';
import type { Outcome } from '#platform/http';
import { railsOf } from '#rails/connectors';
import type { Change } from '#rails/operations';
import { conclusionOf, holding } from './hear.ts';
import { type NewRefund, newRefund } from './new-refund.ts';
import type { Refund } from './refund.ts';
import { insertRefund, loadRefund } from './refunds.store.ts';
import { REFUND, renderRefund } from './render-refund.ts';

/** What is answered: the refund, or to older clients its charge. */
export type ShowRefund = (refund: Refund, charge: Charge) => unknown;

/** Null: another request was faster, and everything is to be read and decided anew. */
export const sendRefund = async (
  context: Context,
  request: Asking,
  before: Charge,
  asked: NewRefund,
  shows: ShowRefund = renderRefund,
): Promise<Outcome | null> => {
  const { scope } = request;
  const refund = newRefund(context, before, asked);
  const charge: Charge = {
    ...before,
    version: before.version + 1,
    refunds: before.refunds + 1,
    refunding: before.refunding + refund.amount,
  };
  let last: Change | null = null;
  const sent = await holding(context, { refund, charge, cause: request.cause }, () =>
    railsOf(context).send(context, scope, {
      connectorAccountId: charge.connectorAccountId,
      kind: 'refund',
      intentId: charge.intentId,
      ordinal: refund.ordinal,
      attempt: 1,
      amount: refund.amount,
      currency: refund.currency,
      request: {
        original: present(charge.operationId, 'The operation that was approved'),
        isLast: charge.refunded + charge.refunding === charge.captured,
        reason: refund.reason,
      },
      intent: [
        ...request.claim(refund.id),
        updateCharge(scope, charge),
        insertRefund(scope, refund),
      ],
      writes: async (change) => {
        last = change;
        const concluded = present(
          await conclusionOf(context, scope, change),
          'The refund of this operation',
        );
        return request.conclude({
          body: shows(concluded.refund, concluded.charge),
          related: () => ({
            [spellId(CHARGE, charge.id)]: renderCharge(concluded.charge, scope.livemode),
            [spellId(REFUND, refund.id)]: renderRefund(concluded.refund),
            ...concluded.booked?.shown(),
          }),
        });
      },
    }),
  );
  request.claimed(sent);
  if (!sent.ok) return null;
  const learned = last as Change | null;
  if (learned !== null && learned.after.version === sent.operation.version) {
    return { body: null, concluded: true };
  }
  return { body: await shownNow(context, scope, refund.id, shows) };
};

/** A refund that was sent, as it is by now. */
export const shownNow = async (
  context: Context,
  scope: Scope,
  refundId: Uuid,
  shows: ShowRefund,
): Promise<unknown> => {
  const refund = present(await loadRefund(context, scope, refundId), 'The refund');
  const charge = present(await loadCharge(context, scope, refund.chargeId), 'Its charge');
  return shows(refund, charge);
};
