// What holders of cards contested of a payment.

import { traceEntries } from '#books/ledger';
import { spellId, uuidMs } from '#kit/ids';
import { type EventKinds, type TraceSource, traceEvents } from '#platform/events';
import { loadDisputesOfIntent } from './disputes.store.ts';
import { DISPUTE } from './render-dispute.ts';

export const traceDisputes =
  ({ eventKinds }: { readonly eventKinds: EventKinds }): TraceSource =>
  async (context, scope, { intentId }) => {
    const disputes = await loadDisputesOfIntent(context, scope, intentId);
    const told = await Promise.all(
      disputes.map(async (dispute) => [
        {
          atMs: uuidMs(dispute.id),
          what: 'dispute',
          says: 'The holder of the card contests the payment.',
          details: {
            dispute: spellId(DISPUTE, dispute.id),
            amount: Number(dispute.amount),
            currency: dispute.currency,
            status: dispute.status,
          },
        },
        ...(await traceEntries(context, scope, dispute.id)),
        ...(await traceEvents(context, scope, eventKinds, {
          objectId: dispute.id,
          count: dispute.events,
        })),
      ]),
    );
    return told.flat();
  };
