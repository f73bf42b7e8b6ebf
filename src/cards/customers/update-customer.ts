import type { Context } from '#kit/context';
import type { Outcome, TypedRequest } from '#platform/http';
import { applyParameters } from './apply-parameters.ts';
import { changeCustomer } from './change-customer.ts';
import { defaultsAttached, withDefaults, withSource } from './customer-methods.ts';
import type { updateParameters } from './customer-parameters.ts';
import { findLivingCustomer } from './find-customer.ts';
import { renderCustomer } from './render-customer.ts';
import { includedIn, sourcesIncluded } from './resources.ts';

export const updateCustomer = async (
  context: Context,
  request: TypedRequest<typeof updateParameters>,
): Promise<Outcome> => {
  const { scope } = request;
  const before = await findLivingCustomer(context, scope, request.path['customer'] ?? '');
  const asked = request.parameters;
  const sourced = await withSource(context, {
    scope,
    customer: applyParameters(before, asked),
    source: asked.source,
    request,
  });
  const after = await withDefaults(context, {
    scope,
    customer: sourced.customer,
    source: asked.default_source,
    method: asked.invoice_settings?.default_payment_method,
  }).catch(async (error: unknown) => {
    await sourced.undo();
    throw error;
  });

  // Asking for what already holds changes nothing, and nobody needs to hear of it.
  if (JSON.stringify(after) === JSON.stringify(before)) {
    return { body: renderCustomer(before, scope.livemode) };
  }

  const customer = { ...after, version: before.version + 1 };
  const { related } = sourced;
  const change = { customer, before: before, related };
  const sources = await sourcesIncluded(context, scope, request.expand, change).catch(
    async (error: unknown) => {
      await sourced.undo();
      throw error;
    },
  );
  return {
    body: {
      ...renderCustomer(customer, scope.livemode),
      ...includedIn(customer, scope.livemode, request.expand),
      ...sources,
    },
    writes: [
      ...changeCustomer(context, scope, { before, after }, request),
      ...sourced.writes,
      ...defaultsAttached(scope, before, customer),
    ],
    undo: sourced.undo,
    related: () => sourced.related,
  };
};
