import type { Context } from '#kit/context';
import { readOfPayment } from '#payments/intents';
import { idWindow, listFound, type Outcome, rowsWithin, type TypedRequest } from '#platform/http';
import type { disputeFilters } from './dispute-parameters.ts';
import { listDisputeRows, loadDispute } from './disputes.store.ts';
import { DISPUTE, renderDispute } from './render-dispute.ts';
import { withSpentCharges } from './spent.ts';

export const listDisputes = async (
  context: Context,
  request: TypedRequest<typeof disputeFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await idWindow(asked, { noun: 'dispute', prefix: DISPUTE }, (id) =>
    loadDispute(context, scope, id),
  );
  const of = await readOfPayment(context, scope, asked);
  const found = await listDisputeRows(context, scope, {
    ...rowsWithin(window, asked.created),
    ...of,
  });
  const rows = await withSpentCharges(context, scope, found);
  const nowMs = context.clock.now();
  return {
    body: listFound(request.url, rows, window, (dispute) =>
      renderDispute(dispute, scope.livemode, nowMs),
    ),
  };
};
