import type { Context, Scope } from '#kit/context';
import { parseId, spellId } from '#kit/ids';
import { CHARGE } from '#payments/charges';
import { INCLUDED_MAX, list, neverFilled, type ResourceDefinition } from '#platform/http';
import { loadNewestOfCharges, loadRefunds } from './refunds.store.ts';
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

const refundsUrl = (id: string): string => `/v1/charges/${id}/refunds`;

/** As the charge's own list of them begins. */
const loadOfCharges = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const holders = ids.map((id) => parseId(CHARGE, id)).filter((uuid) => uuid !== null);
  const found = await loadNewestOfCharges(context, scope, { holders, limit: INCLUDED_MAX + 1 });
  return new Map(
    [...found].map(([uuid, refunds]) => {
      const id = spellId(CHARGE, uuid);
      const rows = refunds.slice(0, INCLUDED_MAX).map(renderRefund);
      return [id, list(refundsUrl(id), { rows, hasMore: refunds.length > rows.length })] as const;
    }),
  );
};

export const refundResources: readonly ResourceDefinition[] = [
  {
    object: 'charge',
    expandable: {
      refunds: {
        include: loadOfCharges,
        of: ['refund'],
        until: '2022-11-15',
        grows: { by: 'charge', url: refundsUrl },
      },
    },
  },
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
      customer: { to: ['customer'] },
      payment_method: { to: ['payment_method'] },
      source_transfer_reversal: neverFilled,
      transfer_reversal: neverFilled,
    },
  },
];
