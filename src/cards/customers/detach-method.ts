// A method leaves its customer, who then has no default that it does not have.

import {
  detachMethod,
  findMethod,
  listMethods,
  type PaymentMethod,
  renderPaymentMethod,
  spellMethod,
} from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import type { ApiRequest, Outcome } from '#platform/http';
import { changeCustomer } from './change-customer.ts';
import type { Customer } from './customer.ts';
import { defaultsAttached, withoutMethod } from './customer-methods.ts';
import { customerLives, loadCustomer, notDefault } from './customers.store.ts';

type Request = {
  readonly scope: Scope;
  readonly requestId: string;
  readonly idempotencyKey: string | null;
};

export const detachPaymentMethod = async (
  context: Context,
  request: Pick<ApiRequest, 'path'> & Request,
): Promise<Outcome> => {
  const { scope } = request;
  const found = await findMethod(context, scope, request.path['payment_method'] ?? '');
  const { customerId } = found.method;
  const customer = customerId === null ? undefined : await loadCustomer(context, scope, customerId);
  try {
    const { method, writes } =
      customer === undefined
        ? await detachMethod(context, { scope, method: found.method, request })
        : await detachFrom(context, request, customer, found.method);
    return { body: renderPaymentMethod(method, scope.livemode), writes };
  } catch (error) {
    // A ready-made id has made a card, and it belongs to nobody.
    await found.undo?.();
    throw error;
  }
};

export const detachFrom = async (
  context: Context,
  request: Request,
  customer: Customer,
  attached: PaymentMethod,
): Promise<{ readonly method: PaymentMethod; readonly writes: readonly Write[] }> => {
  const { scope } = request;
  const spelled = spellMethod(attached);
  const { method, writes } = await detachMethod(context, { scope, method: attached, request });
  const without = await withNextSource(context, scope, customer, spelled);
  const ofCustomer =
    JSON.stringify(without) === JSON.stringify(customer)
      ? [customerLives(scope, customer.id, method.id), notDefault(scope, customer.id, spelled)]
      : [
          ...changeCustomer(context, scope, { before: customer, after: without }, request),
          ...defaultsAttached(scope, customer, without),
        ];
  return { method, writes: [...ofCustomer, ...writes] };
};

/** The newest card that is left takes the place of a default source, as older clients expect. */
const withNextSource = async (
  context: Context,
  scope: Scope,
  customer: Customer,
  gone: string,
): Promise<Customer> => {
  const without = withoutMethod(customer, gone);
  if (customer.default_source !== gone) return without;
  const sources = await listMethods(context, scope, {
    direction: 'older',
    from: null,
    customerId: customer.id,
    type: 'card',
    allowRedisplay: null,
    legacyOnly: true,
    limit: 2,
  });
  const next = sources.map(spellMethod).find((id) => id !== gone) ?? null;
  return { ...without, default_source: next };
};
