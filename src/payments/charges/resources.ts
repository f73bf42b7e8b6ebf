import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { neverFilled, type ResourceDefinition } from '#platform/http';
import { loadCharges } from './charges.store.ts';
import { CHARGE, renderCharge } from './render-charge.ts';

const load = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const uuids = ids.map((id) => parseId(CHARGE, id)).filter((uuid) => uuid !== null);
  const charges = await loadCharges(context, scope, uuids);
  return new Map(
    ids.flatMap((id) => {
      const charge = charges.get(parseId(CHARGE, id) ?? '');
      return charge ? [[id, renderCharge(charge, scope.livemode)] as const] : [];
    }),
  );
};

export const chargeResources: readonly ResourceDefinition[] = [
  {
    object: 'charge',
    permission: 'charges',
    owns: (id) => id.startsWith(`${CHARGE}_`),
    load,
    expandable: {
      customer: { to: ['customer'] },
      payment_intent: { to: ['payment_intent'] },
      application: neverFilled,
      application_fee: neverFilled,
      balance_transaction: { to: ['balance_transaction'] },
      failure_balance_transaction: neverFilled,
      on_behalf_of: neverFilled,
      'outcome.rule': neverFilled,
      'payment_method_details.card.mandate': { to: ['mandate'] },
      review: neverFilled,
      source_transfer: neverFilled,
      transfer: neverFilled,
      'transfer_data.destination': neverFilled,
    },
    removed: ['invoice'],
  },
];
