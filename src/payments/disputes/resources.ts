import type { Context, Scope } from '#kit/context';
import { parseIds, spellId, type Uuid } from '#kit/ids';
import { CHARGE } from '#payments/charges';
import { loadingById, neverFilled, type ResourceDefinition } from '#platform/http';
import { loadDisputes, loadDisputesOfCharges } from './disputes.store.ts';
import { fileNames } from './evidence.ts';
import { DISPUTE, renderDispute } from './render-dispute.ts';
import { withSpentCharges } from './spent.ts';

/** The latest of each: a charge may be disputed again. */
const loadOfCharges = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const found = await loadDisputesOfCharges(context, scope, parseIds(CHARGE, ids));
  const disputes = await withSpentCharges(context, scope, found);
  const nowMs = context.clock.now();
  return new Map(
    disputes.map((dispute) => [
      spellId(CHARGE, dispute.chargeId),
      renderDispute(dispute, scope.livemode, nowMs),
    ]),
  );
};

const loadShown = async (context: Context, scope: Scope, ids: readonly Uuid[]) => {
  const found = [...(await loadDisputes(context, scope, ids)).values()];
  const disputes = await withSpentCharges(context, scope, found);
  return new Map(disputes.map((dispute) => [dispute.id, dispute]));
};

export const disputeResources: readonly ResourceDefinition[] = [
  // Removed from the answers of today, and what clients of some years ago expand.
  { object: 'charge', expandable: { dispute: { include: loadOfCharges, of: ['dispute'] } } },
  {
    object: 'dispute',
    permission: 'disputes',
    owns: (id) => id.startsWith(`${DISPUTE}_`),
    load: loadingById(DISPUTE, loadShown, (dispute, livemode, { clock }) =>
      renderDispute(dispute, livemode, clock.now()),
    ),
    hashes: ['evidence', 'evidence_details', 'payment_method_details'],
    expandable: {
      balance_transactions: { inside: ['balance_transaction'] },
      charge: { to: ['charge'] },
      payment_intent: { to: ['payment_intent'] },
      // Files are named, and not kept here.
      ...Object.fromEntries(fileNames.map((name) => [`evidence.${name}`, neverFilled])),
    },
  },
  {
    object: 'radar.early_fraud_warning',
    expandable: { charge: { to: ['charge'] }, payment_intent: { to: ['payment_intent'] } },
  },
];
