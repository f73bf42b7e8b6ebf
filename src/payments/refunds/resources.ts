import type { Context, Scope } from '#kit/context';
import { parseId, uuidAt } from '#kit/ids';
import { CHARGE } from '#payments/charges';
import { list, neverFilled, type ResourceDefinition } from '#platform/http';
import { listRefunds, loadRefunds } from './refunds.store.ts';
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

const FIRST_PAGE = 10;

/** As the charge's own list of them begins. */
const loadOfCharges = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const shown = new Map<string, unknown>();
  for (const id of ids) {
    const chargeId = parseId(CHARGE, id);
    if (chargeId === null) continue;
    const rows = await listRefunds(context, scope, {
      direction: 'older',
      from: null,
      idFrom: uuidAt(0),
      idBefore: uuidAt(LATEST_MS),
      chargeId,
      intentId: null,
      limit: FIRST_PAGE + 1,
    });
    const first = rows.slice(0, FIRST_PAGE).map(renderRefund);
    const hasMore = rows.length > FIRST_PAGE;
    shown.set(id, list(`/v1/charges/${id}/refunds`, { rows: first, hasMore }));
  }
  return shown;
};

/** Later than any id says. */
const LATEST_MS = 10_000_000_000_000;

export const refundResources: readonly ResourceDefinition[] = [
  {
    object: 'charge',
    expandable: { refunds: { include: loadOfCharges, of: ['refund'], until: '2022-11-15' } },
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
