import { CUSTOMER } from '#cards/methods';
import { findTestClock } from '#cards/test-clocks';
import type { Context } from '#kit/context';
import {
  email,
  id,
  idWindow,
  listFound,
  listParameters,
  type Outcome,
  rowsWithin,
  type TypedRequest,
  timestampRange,
} from '#platform/http';
import { listCustomers as listRows, loadCustomer } from './customers.store.ts';
import { renderCustomer } from './render-customer.ts';

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
  const window = await idWindow(asked, { noun: 'customer', prefix: CUSTOMER }, (id) =>
    loadCustomer(context, scope, id),
  );

  if (asked.test_clock !== undefined) {
    await findTestClock(context, scope, asked.test_clock, 'test_clock');
  }
  const rows = await listRows(context, scope, {
    ...rowsWithin(window, asked.created),
    email: asked.email ?? null,
    testClock: asked.test_clock ?? null,
  });
  return {
    body: listFound(request.url, rows, window, (customer) =>
      renderCustomer(customer, scope.livemode),
    ),
  };
};
