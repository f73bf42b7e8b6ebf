// What a customer pays with: the one place where customers and payment methods meet. Every function
// gives the customer as it will be and the writes that make it so; the caller commits them together.

import {
  type AskedSource,
  attachMethod,
  detachMethod,
  findMethod,
  listMethods,
  loadMethods,
  makeSource,
  type PaymentMethod,
  parseMethodId,
  renderPaymentMethod,
  renderSource,
  spellMethod,
  stillAttached,
} from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Cause } from '#platform/events';
import { ApiError, resourceMissing } from '#platform/http';
import type { Customer } from './customer.ts';
import { customerLives, loadCustomer } from './customers.store.ts';

export type Change = {
  readonly customer: Customer;
  readonly writes: readonly Write[];
  readonly undo: () => Promise<void>;
  /** What `expand` may want before it is committed. */
  readonly related: Readonly<Record<string, unknown>>;
};

const unchanged = async (): Promise<void> => {};

/** `payment_method` on create: attached, and nothing more. */
export const withPaymentMethod = async (
  context: Context,
  input: {
    readonly scope: Scope;
    readonly customer: Customer;
    readonly spelled: string | undefined;
    readonly request: Cause;
  },
): Promise<Change & { readonly attached: PaymentMethod | null }> => {
  const { scope, customer, spelled, request } = input;
  if (spelled === undefined) {
    return { customer, writes: [], undo: unchanged, attached: null, related: {} };
  }

  const found = await findMethod(context, scope, spelled, 'payment_method');
  return undoing(found.undo, async () => {
    const { method, writes } = attachMethod(context, {
      scope,
      found,
      customerId: customer.id,
      request,
    });
    return {
      customer,
      writes,
      undo: found.undo ?? unchanged,
      attached: method,
      related: { [spellMethod(method)]: renderPaymentMethod(method, scope.livemode) },
    };
  });
};

/** `source`: a card made from a token, or of its number, becomes the default; the default before it goes. */
export const withSource = async (
  context: Context,
  input: {
    readonly scope: Scope;
    readonly customer: Customer;
    readonly source: AskedSource | undefined;
    readonly request: Cause;
  },
): Promise<Change> => {
  const { scope, customer, source, request } = input;
  if (source === undefined) return { customer, writes: [], undo: unchanged, related: {} };

  const made = await makeSource(context, scope, source, 'source');
  return undoing(made.undo, async () => {
    const { method, writes } = attachMethod(context, {
      scope,
      found: { method: made.method, isNew: true },
      customerId: customer.id,
      request,
    });
    const replaced = await loadOwn(context, scope, customer, customer.default_source);
    const gone = replaced
      ? (await detachMethod(context, { scope, method: replaced, request })).writes
      : [];
    return {
      customer: {
        ...(replaced ? withoutMethod(customer, spellMethod(replaced)) : customer),
        default_source: spellMethod(method),
      },
      writes: [...made.writes, ...gone, ...writes],
      undo: made.undo,
      related: { [spellMethod(method)]: renderSource(method) },
    };
  });
};

/** `default_source` and `invoice_settings[default_payment_method]`: only what the customer has. */
export const withDefaults = async (
  context: Context,
  input: {
    readonly scope: Scope;
    readonly customer: Customer;
    readonly source: string | undefined;
    readonly method: string | null | undefined;
    /** Attached in this very request, and so not yet in the database. */
    readonly attached?: PaymentMethod | null;
  },
): Promise<Customer> => {
  const { scope, source, method, attached } = input;
  let { customer } = input;
  if (source !== undefined) {
    const own = await loadOwn(context, scope, customer, source);
    if (own === undefined)
      throw resourceMissing({ noun: 'source', id: source, param: 'default_source' });
    customer = { ...customer, default_source: source };
  }
  if (method === null) return { ...customer, default_payment_method: null };
  if (method === undefined) return customer;

  const isAttachedNow =
    attached && (spellMethod(attached) === method || method.startsWith('pm_card_'));
  if (isAttachedNow) return { ...customer, default_payment_method: spellMethod(attached) };
  if ((await loadOwn(context, scope, customer, method)) === undefined) {
    const param = 'invoice_settings[default_payment_method]';
    await findMethod(context, scope, method, param).then((found) => found.undo?.());
    throw new ApiError(
      400,
      `The customer does not have a payment method with the ID ${method}. The payment method must be attached to the customer.`,
      { code: 'resource_missing', param },
    );
  }
  return { ...customer, default_payment_method: method };
};

/** What a customer has as its default must still be attached to it when that is written. */
export const defaultsAttached = (scope: Scope, before: Customer, after: Customer): Write[] =>
  (['default_source', 'default_payment_method'] as const).flatMap((name) => {
    const id = after[name] === before[name] ? null : parseMethodId(after[name] ?? '');
    return id === null ? [] : [stillAttached(scope, id, after.id)];
  });

/** Of this customer and attached; undefined for any other. */
export const loadOwn = async (
  context: Context,
  scope: Scope,
  customer: Customer,
  spelled: string | null,
): Promise<PaymentMethod | undefined> => {
  const id = spelled === null ? null : parseMethodId(spelled);
  if (id === null) return undefined;
  const method = (await loadMethods(context, scope, [id])).get(id);
  const isOwn = method?.customerId === customer.id && spellMethod(method) === spelled;
  return isOwn ? method : undefined;
};

/**
 * What a customer pays with becomes theirs while the payment is concluded, and they may have been deleted since it
 * was confirmed: null, nothing is kept for them any more. The write loses against whoever deletes them just now.
 */
export const keepingFor = async (
  context: Context,
  scope: Scope,
  customerId: Uuid,
  { id }: Pick<PaymentMethod, 'id'>,
): Promise<readonly Write[] | null> => {
  const customer = await loadCustomer(context, scope, customerId);
  // Whose customer is made in the same commit has nobody who could delete it.
  if (customer === undefined) return [];
  return customer.deleted ? null : [customerLives(scope, customerId, id)];
};

const METHODS_AT_ONCE = 100;

/** When a customer goes, what it paid with goes. */
export const detachAll = async (
  context: Context,
  scope: Scope,
  customer: Customer,
  request: Cause,
): Promise<Write[]> => {
  const writes: Write[] = [];
  for (let from: string | null = null; ; ) {
    const methods: PaymentMethod[] = await listMethods(context, scope, {
      direction: 'older',
      from,
      customerId: customer.id,
      type: null,
      allowRedisplay: null,
      limit: METHODS_AT_ONCE,
    });
    for (const method of methods) {
      writes.push(...(await detachMethod(context, { scope, method, request })).writes);
    }
    if (methods.length < METHODS_AT_ONCE) return writes;
    from = methods.at(-1)?.id ?? null;
  }
};

/** The customer without a default that it no longer has. */
export const withoutMethod = (customer: Customer, spelled: string): Customer => ({
  ...customer,
  default_source: customer.default_source === spelled ? null : customer.default_source,
  default_payment_method:
    customer.default_payment_method === spelled ? null : customer.default_payment_method,
});

const undoing = async <T>(
  undo: (() => Promise<void>) | undefined,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    await undo?.();
    throw error;
  }
};
