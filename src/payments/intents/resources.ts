import type { Context, Scope } from '#kit/context';
import { parseId, spellId } from '#kit/ids';
import { INTENT, loadNewestOfIntents, renderCharge } from '#payments/charges';
import { INCLUDED_MAX, list, neverFilled, type ResourceDefinition } from '#platform/http';
import { loadIntents } from './intents.store.ts';
import { linesOf } from './order-details.ts';
import { renderIntent } from './render-intent.ts';

const load = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const uuids = ids.map((id) => parseId(INTENT, id)).filter((uuid) => uuid !== null);
  const intents = await loadIntents(context, scope, uuids);
  return new Map(
    ids.flatMap((id) => {
      const intent = intents.get(parseId(INTENT, id) ?? '');
      return intent && !intent.isDirect
        ? [[id, renderIntent(intent, scope.livemode)] as const]
        : [];
    }),
  );
};

const loadLines = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const uuids = ids.map((id) => parseId(INTENT, id)).filter((uuid) => uuid !== null);
  const intents = await loadIntents(context, scope, uuids);
  return new Map(
    [...intents.values()].map((intent) => {
      const id = spellId(INTENT, intent.id);
      const lines = linesOf(intent);
      const rows = lines.slice(0, INCLUDED_MAX);
      const url = `/v1/payment_intents/${id}/amount_details_line_items`;
      return [id, list(url, { rows, hasMore: lines.length > rows.length })] as const;
    }),
  );
};

const chargesUrl = (id: string): string => `/v1/charges?payment_intent=${id}`;

const loadChargeLists = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const holders = ids.map((id) => parseId(INTENT, id)).filter((uuid) => uuid !== null);
  const found = await loadNewestOfIntents(context, scope, { holders, limit: INCLUDED_MAX + 1 });
  return new Map(
    [...found].map(([uuid, charges]) => {
      const id = spellId(INTENT, uuid);
      const rows = charges
        .toSorted((a, b) => b.attempt - a.attempt)
        .slice(0, INCLUDED_MAX)
        .map((charge) => renderCharge(charge, scope.livemode));
      const hasMore = charges.length > rows.length;
      return [id, list(chargesUrl(id), { rows, hasMore })] as const;
    }),
  );
};

export const intentResources: readonly ResourceDefinition[] = [
  { object: 'payment_intent_amount_details_line_item' },
  {
    object: 'payment_intent',
    permission: 'payment_intents',
    owns: (id) => id.startsWith(`${INTENT}_`),
    load,
    expandable: {
      'amount_details.line_items': {
        include: loadLines,
        of: ['payment_intent_amount_details_line_item'],
      },
      application: neverFilled,
      // Removed from the answers of today, and what clients of some years ago read.
      charges: {
        include: loadChargeLists,
        of: ['charge'],
        until: '2022-11-15',
        grows: { by: 'payment_intent', url: chargesUrl },
      },
      customer: { to: ['customer'] },
      latest_charge: { to: ['charge'] },
      on_behalf_of: neverFilled,
      payment_method: { to: ['payment_method'] },
      'last_payment_error.payment_method': { inside: ['payment_method'] },
      payment_record: neverFilled,
      review: neverFilled,
      'transfer_data.destination': neverFilled,
    },
    removed: ['invoice'],
  },
];
