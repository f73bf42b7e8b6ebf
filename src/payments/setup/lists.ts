import { findCustomerNamed } from '#cards/customers';
import type { Context } from '#kit/context';
import { parseId, type Uuid, uuidAt } from '#kit/ids';
import {
  list,
  listWindow,
  type Outcome,
  page,
  type TypedRequest,
  wholeSeconds,
} from '#platform/http';
import { findSetup } from './find-setup.ts';
import { renderAttempt, renderSetup, SETUP, SETUP_ATTEMPT } from './render-setup.ts';
import { listAttemptRows, listSetupRows, loadAttempts, loadSetup } from './setup.store.ts';
import type { attemptFilters, setupFilters } from './setup-parameters.ts';

export const listSetups = async (
  context: Context,
  request: TypedRequest<typeof setupFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await listWindow<Uuid>(asked, 'setupintent', async (spelled) => {
    const cursor = parseId(SETUP, spelled);
    return cursor && (await loadSetup(context, scope, cursor)) ? cursor : null;
  });
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  const created = wholeSeconds(asked.created);
  const rows =
    // There are no connected accounts that could be set up for oneself.
    asked.attach_to_self === true
      ? []
      : await listSetupRows(context, scope, {
          direction: window.before === undefined ? 'older' : 'newer',
          from: window.after ?? window.before ?? null,
          idFrom: uuidAt(created.from * 1000),
          idBefore: uuidAt((created.to + 1) * 1000),
          customerId: customer?.id ?? null,
          methodId: asked.payment_method ?? null,
          limit: window.limit + 1,
        });
  const { rows: shown, hasMore } = page(rows, window);
  return {
    body: list(request.url, {
      rows: shown.map((setup) => renderSetup(setup, scope.livemode)),
      hasMore,
    }),
  };
};

export const listAttempts = async (
  context: Context,
  request: TypedRequest<typeof attemptFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await listWindow<Uuid>(asked, 'setup attempt', async (spelled) => {
    const cursor = parseId(SETUP_ATTEMPT, spelled);
    return cursor && (await loadAttempts(context, scope, [cursor])).size > 0 ? cursor : null;
  });
  const setup = await findSetup(context, scope, asked.setup_intent, 'setup_intent');
  const created = wholeSeconds(asked.created);
  const rows = await listAttemptRows(context, scope, {
    setupId: setup.id,
    direction: window.before === undefined ? 'older' : 'newer',
    from: window.after ?? window.before ?? null,
    idFrom: uuidAt(created.from * 1000),
    idBefore: uuidAt((created.to + 1) * 1000),
    limit: window.limit + 1,
  });
  const { rows: shown, hasMore } = page(rows, window);
  return {
    body: list(request.url, {
      rows: shown.map((attempt) => renderAttempt(attempt, scope.livemode)),
      hasMore,
    }),
  };
};
