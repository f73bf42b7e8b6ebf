import type { Context } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { readOfPayment } from '#payments/intents';
import {
  list,
  listWindow,
  type Outcome,
  page,
  rowsWithin,
  type TypedRequest,
} from '#platform/http';
import type { disputeFilters } from './dispute-parameters.ts';
import { listDisputeRows, loadDispute } from './disputes.store.ts';
import { DISPUTE, renderDispute } from './render-dispute.ts';

export const listDisputes = async (
  context: Context,
  request: TypedRequest<typeof disputeFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await listWindow<Uuid>(asked, 'dispute', async (spelled) => {
    const cursor = parseId(DISPUTE, spelled);
    return cursor && (await loadDispute(context, scope, cursor)) ? cursor : null;
  });
  const of = await readOfPayment(context, scope, asked);
  const rows = await listDisputeRows(context, scope, {
    ...rowsWithin(window, asked.created),
    ...of,
  });
  const { rows: shown, hasMore } = page(rows, window);
  const nowMs = context.clock.now();
  return {
    body: list(request.url, {
      rows: shown.map((dispute) => renderDispute(dispute, scope.livemode, nowMs)),
      hasMore,
    }),
  };
};
