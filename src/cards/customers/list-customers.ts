import type { Context } from '#kit/context';
import { parseId, type Uuid, uuidAt } from '#kit/ids';
import {
  email,
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
import { listCustomers as listRows, loadCustomer } from './customers.store.ts';
import { CUSTOMER, renderCustomer } from './render-customer.ts';

export const customerFilters = listParameters({
  created: timestampRange(),
  email: email(),
  test_clock: id(),
});

export const listCustomers = async (
  context: Context,
  request: TypedRequest<typeof customerFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await listWindow<Uuid>(asked, 'customer', async (spelled) => {
    const cursor = parseId(CUSTOMER, spelled);
    return cursor && (await loadCustomer(context, scope, cursor)) ? cursor : null;
  });
  const created = wholeSeconds(asked.created);

  const rows = await listRows(context, scope, {
    direction: window.before === undefined ? 'older' : 'newer',
    from: window.after ?? window.before ?? null,
    idFrom: uuidAt(created.from * 1000),
    idBefore: uuidAt((created.to + 1) * 1000),
    email: asked.email ?? null,
    testClock: asked.test_clock ?? null,
    limit: window.limit + 1,
  });
  const { rows: shown, hasMore } = page(rows, window);
  return {
    body: list(request.url, {
      rows: shown.map((customer) => renderCustomer(customer, scope.livemode)),
      hasMore,
    }),
  };
};
