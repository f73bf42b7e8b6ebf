import type { Context } from '#kit/context';
import { newUuid, spellBytes } from '#kit/ids';
import { appendChange, newChangeId } from '#platform/events';
import { type Outcome, resourceMissing, type TypedRequest } from '#platform/http';
import { applyParameters } from './apply-parameters.ts';
import { blankCustomer, type Customer } from './customer.ts';
import { withDefaults, withPaymentMethod, withSource } from './customer-methods.ts';
import type { createParameters } from './customer-parameters.ts';
import { insertCustomer } from './customers.store.ts';
import { customerCreated, customerSnapshot } from './events.ts';
import { renderCustomer } from './render-customer.ts';
import { includedIn } from './resources.ts';

export const createCustomer = async (
  context: Context,
  request: TypedRequest<typeof createParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const blank = blankCustomer(newUuid(context), newInvoicePrefix(context));
  const plain: Customer = {
    ...applyParameters(blank, asked),
    tax_ids: (asked.tax_id_data ?? []).map(({ type, value }) => ({
      id: newUuid(context),
      type,
      value,
    })),
    test_clock: testClock(asked.test_clock, scope.livemode),
  };

  // A card that is refused makes no customer: everything below either has an outcome or throws.
  const created = newChangeId(context);
  const sourced = await withSource(context, {
    scope,
    customer: plain,
    token: asked.source,
    request,
  });
  const paying = await withPaymentMethod(context, {
    scope,
    customer: sourced.customer,
    spelled: asked.payment_method,
    request,
  }).catch(async (error: unknown) => {
    await sourced.undo();
    throw error;
  });
  const undo = async (): Promise<void> => {
    await sourced.undo();
    await paying.undo();
  };
  const customer = await withDefaults(context, {
    scope,
    customer: paying.customer,
    source: asked.default_source,
    method: asked.invoice_settings?.default_payment_method,
    attached: paying.attached,
  }).catch(async (error: unknown) => {
    await undo();
    throw error;
  });

  return {
    body: {
      ...renderCustomer(customer, scope.livemode),
      ...includedIn(customer, scope.livemode, request.expand),
    },
    writes: [
      insertCustomer(scope, customer),
      appendChange(context, {
        id: created,
        scope,
        objectId: customer.id,
        sequence: customer.version,
        kinds: [customerCreated],
        snapshot: customerSnapshot(customer),
        request,
      }),
      ...sourced.writes,
      ...paying.writes,
    ],
    undo,
    related: { ...sourced.related, ...paying.related },
  };
};

/** Eight letters and digits, as Stripe makes them: what the customer's invoice numbers begin with. */
export const newInvoicePrefix = (context: Context): string =>
  spellBytes(context.random.bytes(6)).toUpperCase().slice(-8);

const testClock = (asked: string | undefined, livemode: boolean): string | null => {
  if (asked === undefined) return null;
  if (livemode || !/^clock_[0-9A-Za-z]{1,64}$/.test(asked)) {
    throw resourceMissing({ noun: 'test clock', id: asked, param: 'test_clock' });
  }
  return asked;
};
