// What went back of a payment.

import { traceEntries } from '#books/ledger';
import { spellId, uuidMs } from '#kit/ids';
import { type EventKinds, type TraceSource, traceEvents } from '#platform/events';
import type { Refund } from './refund.ts';
import { loadRefundsOfIntent } from './refunds.store.ts';
import { REFUND } from './render-refund.ts';

export const traceRefunds =
  ({ eventKinds }: { readonly eventKinds: EventKinds }): TraceSource =>
  async (context, scope, { intentId }) => {
    const refunds = await loadRefundsOfIntent(context, scope, intentId);
    const told = await Promise.all(
      refunds.map(async (refund) => [
        {
          atMs: uuidMs(refund.id),
          what: 'refund',
          says: saysOf(refund),
          details: {
            refund: spellId(REFUND, refund.id),
            amount: Number(refund.amount),
            currency: refund.currency,
            status: refund.status,
          },
        },
        ...(await traceEntries(context, scope, refund.id)),
        ...(await traceEvents(context, scope, eventKinds, {
          objectId: refund.id,
          count: refund.events,
        })),
      ]),
    );
    return told.flat();
  };

const saysOf = ({ isAutomatic, byVoid, takenBack }: Refund): string => {
  if (takenBack !== undefined) return 'The bank has taken back by itself what had been paid.';
  if (byVoid !== undefined) return 'The merchant lets go of what is held, and was not captured.';
  return isAutomatic
    ? 'What nobody wanted any more is given back by itself.'
    : 'The merchant gives back.';
};
