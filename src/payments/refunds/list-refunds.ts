import type { Context, Scope } from '#kit/context';
import { parseId, type Uuid, uuidAt } from '#kit/ids';
import { findCharge } from '#payments/charges';
import { findIntent } from '#payments/intents';
import {
  type ListParameters,
  list,
  listWindow,
  type Outcome,
  page,
  type TypedRequest,
  wholeSeconds,
} from '#platform/http';
import type { refundFilters } from './refund-parameters.ts';
import { listRefunds as listRows, loadRefund } from './refunds.store.ts';
import { REFUND, renderRefund } from './render-refund.ts';

export const listRefunds = async (
  context: Context,
  request: TypedRequest<typeof refundFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const of = {
    charge:
      asked.charge === undefined ? null : await findCharge(context, scope, asked.charge, 'charge'),
    intent:
      asked.payment_intent === undefined
        ? null
        : await findIntent(context, scope, asked.payment_intent, 'payment_intent'),
  };
  return listOf(context, scope, request.url, asked, {
    chargeId: of.charge?.id ?? null,
    intentId: of.intent?.id ?? null,
  });
};

export const listOf = async (
  context: Context,
  scope: Scope,
  url: string,
  asked: ListParameters,
  of: { readonly chargeId: Uuid | null; readonly intentId: Uuid | null },
): Promise<Outcome> => {
  const window = await listWindow<Uuid>(asked, 'refund', async (spelled) => {
    const cursor = parseId(REFUND, spelled);
    return cursor && (await loadRefund(context, scope, cursor)) ? cursor : null;
  });
  const created = wholeSeconds(asked.created);
  const rows = await listRows(context, scope, {
    ...of,
    direction: window.before === undefined ? 'older' : 'newer',
    from: window.after ?? window.before ?? null,
    idFrom: uuidAt(created.from * 1000),
    idBefore: uuidAt((created.to + 1) * 1000),
    limit: window.limit + 1,
  });
  const { rows: shown, hasMore } = page(rows, window);
  return { body: list(url, { rows: shown.map(renderRefund), hasMore }) };
};
