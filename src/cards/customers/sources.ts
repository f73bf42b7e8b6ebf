// Cards of a customer in the older way (`/v1/customers/{c}/sources` and `/cards`), which integrations of
// some years ago still call. Each is a payment method too, under the same `card_…`.

import {
  attachMethod,
  CUSTOMER,
  listMethods,
  loadMethods,
  makeSource,
  type PaymentMethod,
  parseMethodId,
  renderSource,
  spellMethod,
  updateSourceMethod,
} from '#cards/methods';
import type { Context, Scope } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import {
  type ListParameters,
  listFound,
  listWindow,
  mergeMetadata,
  type Outcome,
  resourceMissing,
  rowsOf,
  type TypedRequest,
} from '#platform/http';
import { changeCustomer } from './change-customer.ts';
import type { Customer } from './customer.ts';
import { loadOwn } from './customer-methods.ts';
import { customerLives } from './customers.store.ts';
import { detachFrom } from './detach-method.ts';
import { findCustomer, findLivingCustomer } from './find-customer.ts';
import { renderCustomer } from './render-customer.ts';
import type {
  createSourceParameters,
  sourceFilters,
  updateSourceParameters,
} from './source-parameters.ts';

export const listSources = async (
  context: Context,
  scope: Scope,
  of: { readonly customerId: Uuid; readonly id: string },
  asked: ListParameters,
) => {
  const window = await listWindow<Uuid>(asked, 'source', async (spelled) => {
    const id = parseMethodId(spelled);
    return id && (await loadMethods(context, scope, [id])).has(id) ? id : null;
  });
  const rows = await listMethods(context, scope, {
    ...rowsOf(window),
    customerId: of.customerId,
    type: 'card',
    allowRedisplay: null,
    legacyOnly: true,
  });
  return listFound(`/v1/customers/${of.id}/sources`, rows, window, renderSource);
};

export const loadSourcesById = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const methods = await loadMethods(
    context,
    scope,
    ids.map(parseMethodId).filter((id) => id !== null),
  );
  return new Map(
    [...methods.values()].flatMap((method) => {
      const source = renderSource(method);
      return source === null ? [] : [[source.id, source] as const];
    }),
  );
};

const customerOf = (request: { readonly path: Readonly<Record<string, string>> }): string =>
  request.path['customer'] ?? '';

export const listCustomerSources = async (
  context: Context,
  request: TypedRequest<typeof sourceFilters>,
): Promise<Outcome> => {
  const id = customerOf(request);
  const customer = await findCustomer(context, request.scope, id);
  const of = { customerId: customer.id, id };
  return { body: await listSources(context, request.scope, of, request.parameters) };
};

export const createSource = async (
  context: Context,
  request: TypedRequest<typeof createSourceParameters>,
): Promise<Outcome> => {
  const { scope } = request;
  const customer = await findLivingCustomer(context, scope, customerOf(request));
  const made = await makeSource(context, scope, request.parameters.source, 'source');
  try {
    const { method, writes } = attachMethod(context, {
      scope,
      found: {
        method: {
          ...made.method,
          metadata: mergeMetadata(made.method.metadata, request.parameters.metadata),
        },
        isNew: true,
      },
      customerId: customer.id,
      request,
    });
    // The first card of a customer becomes the default; a later one does not.
    const isFirst = customer.default_source === null;
    const after = isFirst ? { ...customer, default_source: spellMethod(method) } : customer;
    const first = isFirst
      ? changeCustomer(context, scope, { before: customer, after }, request)
      : [];
    return {
      body: renderSource(method),
      related: () => ({
        [spellId(CUSTOMER, customer.id)]: renderCustomer(after, scope.livemode),
        [spellMethod(method)]: renderSource(method),
      }),
      writes: [...made.writes, customerLives(scope, customer.id, method.id), ...first, ...writes],
      undo: made.undo,
    };
  } catch (error) {
    await made.undo();
    throw error;
  }
};

export const retrieveSource = async (
  context: Context,
  request: Pick<TypedRequest<typeof sourceFilters>, 'scope' | 'path'>,
): Promise<Outcome> => ({ body: renderSource((await findSource(context, request)).method) });

export const updateSource = async (
  context: Context,
  request: TypedRequest<typeof updateSourceParameters>,
): Promise<Outcome> => {
  const { method } = await findSource(context, request);
  const changed = await updateSourceMethod(context, {
    scope: request.scope,
    method,
    asked: request.parameters,
    request,
  });
  return {
    body: renderSource(changed.method),
    related: () => ({ [spellMethod(changed.method)]: renderSource(changed.method) }),
    writes: changed.writes,
  };
};

export const deleteSource = async (
  context: Context,
  request: Pick<
    TypedRequest<typeof sourceFilters>,
    'scope' | 'path' | 'requestId' | 'idempotencyKey'
  >,
): Promise<Outcome> => {
  const { customer, method } = await findSource(context, request);
  return {
    body: { id: spellMethod(method), object: 'card', deleted: true },
    writes: (await detachFrom(context, request, customer, method)).writes,
  };
};

const findSource = async (
  context: Context,
  request: { readonly scope: Scope; readonly path: Readonly<Record<string, string>> },
): Promise<{ customer: Customer; method: PaymentMethod }> => {
  const spelled = request.path['source'] ?? '';
  const customer = await findLivingCustomer(context, request.scope, customerOf(request));
  const method = await loadOwn(context, request.scope, customer, spelled);
  if (method === undefined || method.legacy === null) {
    throw resourceMissing({ noun: 'source', id: spelled });
  }
  return { customer, method };
};
