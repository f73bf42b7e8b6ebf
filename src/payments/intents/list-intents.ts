import { findCustomerNamed } from '#cards/customers';
import type { Context } from '#kit/context';
import { parseId, type Uuid, uuidAt } from '#kit/ids';
import { INTENT } from '#payments/charges';
import {
  id,
  list,
  listParameters,
  listWindow,
  type Outcome,
  page,
  type TypedRequest,
  timestampRange,
  wholeSeconds,
} from '#platform/http';
import { listIntents as listRows, loadIntent } from './intents.store.ts';
import { renderIntent } from './render-intent.ts';

export const intentFilters = listParameters({ created: timestampRange(), customer: id() });

export const listIntents = async (
  context: Context,
  request: TypedRequest<typeof intentFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await listWindow<Uuid>(asked, 'payment_intent', async (spelled) => {
    const cursor = parseId(INTENT, spelled);
    return cursor && (await loadIntent(context, scope, cursor)) ? cursor : null;
  });
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  const created = wholeSeconds(asked.created);

  const rows = await listRows(context, scope, {
    direction: window.before === undefined ? 'older' : 'newer',
    from: window.after ?? window.before ?? null,
    idFrom: uuidAt(created.from * 1000),
    idBefore: uuidAt((created.to + 1) * 1000),
    customerId: customer?.id ?? null,
    limit: window.limit + 1,
  });
  const { rows: shown, hasMore } = page(rows, window);
  return {
    body: list(request.url, {
      rows: shown.map((intent) => renderIntent(intent, scope.livemode)),
      hasMore,
    }),
  };
};
