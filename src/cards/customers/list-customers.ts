import { findTestClock } from '#cards/test-clocks';
import type { Context } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import {
  email,
  id,
  list,
  listParameters,
  listWindow,
  type Outcome,
  page,
  rowsWithin,
  type TypedRequest,
  timestampRange,
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

  if (asked.test_clock !== undefined) {
    await findTestClock(context, scope, asked.test_clock, 'test_clock');
  }
  const rows = await listRows(context, scope, {
    ...rowsWithin(window, asked.created),
    email: asked.email ?? null,
    testClock: asked.test_clock ?? null,
  });
  const { rows: shown, hasMore } = page(rows, window);
  return {
    body: list(request.url, {
      rows: shown.map((customer) => renderCustomer(customer, scope.livemode)),
      hasMore,
    }),
  };
};
