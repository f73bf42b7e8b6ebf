import type { Context, Scope } from '#kit/context';
import { type OfPayment, readOfPayment } from '#payments/intents';
import {
  idWindow,
  type ListParameters,
  listFound,
  type Outcome,
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
  const window = await idWindow(asked, { noun: 'refund', prefix: REFUND }, (id) =>
    loadRefund(context, scope, id),
  );
  const rows = await listRows(context, scope, {
    ...of,
    ...rowsWithin(window, asked.created),
  });
  return { body: listFound(url, rows, window, renderRefund) };
};
