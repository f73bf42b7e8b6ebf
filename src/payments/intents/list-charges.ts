import { findCustomerNamed } from '#cards/customers';
import type { Context } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { CHARGE, listCharges as listRows, loadCharge, renderCharge } from '#payments/charges';
import {
  id,
  list,
  listParameters,
  listWindow,
  type Outcome,
  page,
  rowsWithin,
  type TypedRequest,
  text,
  timestampRange,
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

  const rows = await listRows(context, scope, {
    ...rowsWithin(window, asked.created),
    customerId: customer?.id ?? null,
    intentId: intent?.id ?? null,
    transferGroup: asked.transfer_group ?? null,
  });
  const { rows: shown, hasMore } = page(rows, window);
  return {
    body: list(request.url, {
      rows: shown.map((charge) => renderCharge(charge, scope.livemode)),
      hasMore,
    }),
  };
};
