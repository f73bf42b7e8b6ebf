import { findCustomerNamed } from '#cards/customers';
import { findStoredMethod } from '#cards/methods';
import type { Context } from '#kit/context';
import { idWindow, listFound, type Outcome, rowsWithin, type TypedRequest } from '#platform/http';
import { findSetup } from './find-setup.ts';
import { renderAttempt, renderSetup, SETUP, SETUP_ATTEMPT } from './render-setup.ts';
import { listAttemptRows, listSetupRows, loadAttempts, loadSetup } from './setup.store.ts';
import type { attemptFilters, setupFilters } from './setup-parameters.ts';

export const listSetups = async (
  context: Context,
  request: TypedRequest<typeof setupFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await idWindow(asked, { noun: 'setupintent', prefix: SETUP }, (id) =>
    loadSetup(context, scope, id),
  );
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  if (asked.payment_method !== undefined) {
    await findStoredMethod(context, scope, asked.payment_method, 'payment_method');
  }
  const rows =
    // There are no connected accounts that could be set up for oneself.
    asked.attach_to_self === true
      ? []
      : await listSetupRows(context, scope, {
          ...rowsWithin(window, asked.created),
          customerId: customer?.id ?? null,
          methodId: asked.payment_method ?? null,
        });
  return {
    body: listFound(request.url, rows, window, (setup) => renderSetup(setup, scope.livemode)),
  };
};

export const listAttempts = async (
  context: Context,
  request: TypedRequest<typeof attemptFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await idWindow(
    asked,
    { noun: 'setup attempt', prefix: SETUP_ATTEMPT },
    async (id) => (await loadAttempts(context, scope, [id])).has(id),
  );
  const setup = await findSetup(context, scope, asked.setup_intent, 'setup_intent');
  const rows = await listAttemptRows(context, scope, {
    setupId: setup.id,
    ...rowsWithin(window, asked.created),
  });
  return {
    body: listFound(request.url, rows, window, (attempt) => renderAttempt(attempt, scope.livemode)),
  };
};
