import type { Context, Scope } from '#kit/context';
import { parseIds, spellId } from '#kit/ids';
import { INTENT, loadNewestOfIntents, renderCharge } from '#payments/charges';
import {
  INCLUDED_MAX,
  includingNewest,
  list,
  loadingById,
  neverFilled,
  type ResourceDefinition,
} from '#platform/http';
import { loadIntents } from './intents.store.ts';
import { linesOf } from './order-details.ts';
import { renderIntent } from './render-intent.ts';

const loadLines = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const intents = await loadIntents(context, scope, parseIds(INTENT, ids));
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

export const intentResources: readonly ResourceDefinition[] = [
  { object: 'payment_intent_amount_details_line_item' },
  {
    object: 'invoice_payment',
    hashes: ['payment', 'status_transitions'],
    expandable: { invoice: neverFilled },
  },
  {
    object: 'payment_intent',
    permission: 'payment_intents',
    owns: (id) => id.startsWith(`${INTENT}_`),
    load: loadingById(INTENT, loadIntents, (intent, livemode) =>
      intent.isDirect ? undefined : renderIntent(intent, livemode),
    ),
    hashes: [
      'amount_details',
      'automatic_payment_methods',
      'hooks',
      'last_payment_error',
      'managed_payments',
      'next_action',
      'payment_details',
      'payment_method_configuration_details',
      'payment_method_options',
      'presentment_details',
      'processing',
      'shipping',
      'transfer_data',
    ],
    expandable: {
      'amount_details.line_items': {
        include: loadLines,
        of: ['payment_intent_amount_details_line_item'],
      },
      application: neverFilled,
      // Removed from the answers of today, and what clients of some years ago read.
      charges: {
        include: includingNewest(INTENT, loadNewestOfIntents, {
          url: chargesUrl,
          order: (a, b) => b.attempt - a.attempt,
          show: renderCharge,
        }),
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
