// The attempts at a payment, and what the books say of each.

import { traceEntries } from '#books/ledger';
import { spellId, uuidMs } from '#kit/ids';
import { type EventKinds, type TraceSource, traceEvents } from '#platform/events';
import { CONNECTOR_ACCOUNT } from '#rails/connectors';
import { loadChargesOfIntent } from './charges.store.ts';
import { CHARGE } from './render-charge.ts';

export const traceCharges =
  ({ eventKinds }: { readonly eventKinds: EventKinds }): TraceSource =>
  async (context, scope, { intentId }) => {
    const charges = await loadChargesOfIntent(context, scope, intentId);
    const told = await Promise.all(
      charges.map(async (charge) => [
        {
          atMs: uuidMs(charge.id),
          leads: 1,
          what: 'attempt',
          says: `Attempt ${charge.attempt} begins${charge.isUnwanted ? '; its money was not wanted any more and goes back' : ''}.`,
          details: {
            charge: spellId(CHARGE, charge.id),
            attempt: charge.attempt,
            status: charge.status,
            connector_account: spellId(CONNECTOR_ACCOUNT, charge.connectorAccountId),
            decline_code: charge.failure?.declineCode ?? null,
            three_d_secure: charge.threeDSecure?.outcome ?? null,
            exemption: charge.exemption ?? null,
          },
        },
        ...(await traceEntries(context, scope, charge.id)),
        ...(await traceEvents(context, scope, eventKinds, {
          objectId: charge.id,
          count: charge.events,
        })),
      ]),
    );
    return told.flat();
  };
