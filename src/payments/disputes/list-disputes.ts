import type { Context } from '#kit/context';
import { parseId, type Uuid, uuidAt } from '#kit/ids';
import { findCharge } from '#payments/charges';
import { findIntent } from '#payments/intents';
import {
  list,
  listWindow,
  type Outcome,
  page,
  type TypedRequest,
  wholeSeconds,
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
  const charge =
    asked.charge === undefined ? null : await findCharge(context, scope, asked.charge, 'charge');
  const intent =
    asked.payment_intent === undefined
      ? null
      : await findIntent(context, scope, asked.payment_intent, 'payment_intent');
  const created = wholeSeconds(asked.created);
  const rows = await listDisputeRows(context, scope, {
    direction: window.before === undefined ? 'older' : 'newer',
    from: window.after ?? window.before ?? null,
    idFrom: uuidAt(created.from * 1000),
    idBefore: uuidAt((created.to + 1) * 1000),
    chargeId: charge?.id ?? null,
    intentId: intent?.id ?? null,
    limit: window.limit + 1,
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
