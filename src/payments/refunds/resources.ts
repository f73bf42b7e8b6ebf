import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import type { ResourceDefinition } from '#platform/http';
import { loadRefunds } from './refunds.store.ts';
import { REFUND, renderRefund } from './render-refund.ts';

const load = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const uuids = ids.map((id) => parseId(REFUND, id)).filter((uuid) => uuid !== null);
  const refunds = await loadRefunds(context, scope, uuids);
  return new Map(
    ids.flatMap((id) => {
      const refund = refunds.get(parseId(REFUND, id) ?? '');
      return refund ? [[id, renderRefund(refund)] as const] : [];
    }),
  );
};

export const refundResources: readonly ResourceDefinition[] = [
  {
    object: 'refund',
    permission: 'refunds',
    owns: (id) => id.startsWith(`${REFUND}_`),
    load,
    expandable: {
      charge: { to: ['charge'] },
      payment_intent: { to: ['payment_intent'] },
      balance_transaction: { to: ['balance_transaction'] },
      failure_balance_transaction: { to: ['balance_transaction'] },
    },
  },
];
