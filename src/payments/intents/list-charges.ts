import { findCustomerNamed } from '#cards/customers';
import type { Context } from '#kit/context';
import { parseId, type Uuid, uuidAt } from '#kit/ids';
import { CHARGE, listCharges as listRows, loadCharge, renderCharge } from '#payments/charges';
import {
  id,
  list,
  listParameters,
  listWindow,
  type Outcome,
  page,
  type TypedRequest,
  text,
  timestampRange,
  wholeSeconds,
} from '#platform/http';
import { findIntent } from './find-intent.ts';

export const chargeFilters = listParameters({
  created: timestampRange(),
  customer: id(),
  payment_intent: id(),
  transfer_group: text(),
});

export const listCharges = async (
  context: Context,
  request: TypedRequest<typeof chargeFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await listWindow<Uuid>(asked, 'charge', async (spelled) => {
    const cursor = parseId(CHARGE, spelled);
    return cursor && (await loadCharge(context, scope, cursor)) ? cursor : null;
  });
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  const intent =
    asked.payment_intent === undefined
      ? null
      : await findIntent(context, scope, asked.payment_intent, 'payment_intent');
  const created = wholeSeconds(asked.created);

  const rows = await listRows(context, scope, {
    direction: window.before === undefined ? 'older' : 'newer',
    from: window.after ?? window.before ?? null,
    idFrom: uuidAt(created.from * 1000),
    idBefore: uuidAt((created.to + 1) * 1000),
    customerId: customer?.id ?? null,
    intentId: intent?.id ?? null,
    transferGroup: asked.transfer_group ?? null,
    limit: window.limit + 1,
  });
  const { rows: shown, hasMore } = page(rows, window);
  return {
    body: list(request.url, {
      rows: shown.map((charge) => renderCharge(charge, scope.livemode)),
      hasMore,
    }),
  };
};
