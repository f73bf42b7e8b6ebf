import type { Context, Scope } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { type OfPayment, readOfPayment } from '#payments/intents';
import {
  type ListParameters,
  list,
  listWindow,
  type Outcome,
  page,
  rowsWithin,
  type TypedRequest,
} from '#platform/http';
import type { refundFilters } from './refund-parameters.ts';
import { listRefunds as listRows, loadRefund } from './refunds.store.ts';
import { REFUND, renderRefund } from './render-refund.ts';

export const listRefunds = async (
  context: Context,
  request: TypedRequest<typeof refundFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const of = await readOfPayment(context, scope, asked);
  return listOf(context, scope, request.url, asked, of);
};

export const listOf = async (
  context: Context,
  scope: Scope,
  url: string,
  asked: ListParameters,
  of: OfPayment,
): Promise<Outcome> => {
  const window = await listWindow<Uuid>(asked, 'refund', async (spelled) => {
    const cursor = parseId(REFUND, spelled);
    return cursor && (await loadRefund(context, scope, cursor)) ? cursor : null;
  });
  const rows = await listRows(context, scope, {
    ...of,
    ...rowsWithin(window, asked.created),
  });
  const { rows: shown, hasMore } = page(rows, window);
  return { body: list(url, { rows: shown.map(renderRefund), hasMore }) };
};
