import { findCustomerNamed } from '#cards/customers';
import type { Context } from '#kit/context';
import { INTENT } from '#payments/charges';
import {
  described,
  id,
  idWindow,
  listFound,
  listParameters,
  type Outcome,
  rowsWithin,
  type TypedRequest,
  text,
  timestampRange,
} from '#platform/http';
import { listOfOrder, listIntents as listRows, loadIntent } from './intents.store.ts';
import { renderIntent } from './render-intent.ts';

export const intentFilters = listParameters({
  created: timestampRange(),
  customer: id(),
  order_reference: described(
    'Ours: the payments of this order, canceled ones included.',
    text(200),
  ),
});

export const listIntents = async (
  context: Context,
  request: TypedRequest<typeof intentFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await idWindow(asked, { noun: 'payment_intent', prefix: INTENT }, (id) =>
    loadIntent(context, scope, id),
  );
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');

  const which = { ...rowsWithin(window, asked.created), customerId: customer?.id ?? null };
  const order = asked.order_reference;
  const rows = await (order === undefined
    ? listRows(context, scope, which)
    : listOfOrder(context, scope, { ...which, order }));
  return {
    body: listFound(request.url, rows, window, (intent) => renderIntent(intent, scope.livemode)),
  };
};
