import { findCustomerNamed } from '#cards/customers';
import type { Context } from '#kit/context';
import { CHARGE, listCharges as listRows, loadCharge, renderCharge } from '#payments/charges';
import {
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
  const window = await idWindow(asked, { noun: 'charge', prefix: CHARGE }, (id) =>
    loadCharge(context, scope, id),
  );
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
  return {
    body: listFound(request.url, rows, window, (charge) => renderCharge(charge, scope.livemode)),
  };
};
