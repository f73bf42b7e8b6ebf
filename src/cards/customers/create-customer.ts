import { findTestClock, updateTestClock } from '#cards/test-clocks';
import type { Context, Scope, Write } from '#kit/context';
import { newUuid, spellBytes } from '#kit/ids';
import { appendChange, newChangeId } from '#platform/events';
import { ApiError, type Outcome, type TypedRequest } from '#platform/http';
import { applyParameters } from './apply-parameters.ts';
import { blankCustomer, type Customer } from './customer.ts';
import { withDefaults, withPaymentMethod, withSource } from './customer-methods.ts';
import type { createParameters } from './customer-parameters.ts';
import { customersOfClock, insertCustomer } from './customers.store.ts';
import { customerCreated, customerSnapshot } from './events.ts';
import { renderCustomer } from './render-customer.ts';
import { includedIn, sourcesIncluded } from './resources.ts';

const CUSTOMERS_PER_CLOCK = 3;

export const createCustomer = async (
  context: Context,
  request: TypedRequest<typeof createParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const timed = await takeClock(context, scope, asked.test_clock);
  const blank = blankCustomer(newUuid(context), newInvoicePrefix(context));
  const plain: Customer = {
    ...applyParameters(blank, asked),
    tax_ids: (asked.tax_id_data ?? []).map(({ type, value }) => ({
      id: newUuid(context),
      type,
      value,
    })),
    test_clock: timed.clock,
  };

  // A card that is refused makes no customer: everything below either has an outcome or throws.
  const created = newChangeId(context);
  const sourced = await withSource(context, {
    scope,
    customer: plain,
    source: asked.source,
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

  const { related } = sourced;
  const change = { customer, before: null, related };
  const sources = await sourcesIncluded(context, scope, request.expand, change);
  return {
    body: {
      ...renderCustomer(customer, scope.livemode),
      ...includedIn(customer, scope.livemode, request.expand),
      ...sources,
    },
    writes: [
      ...timed.writes,
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
    related: () => ({ ...sourced.related, ...paying.related }),
  };
};

/** Eight letters and digits, as Stripe makes them: what the customer's invoice numbers begin with. */
export const newInvoicePrefix = (context: Context): string =>
  spellBytes(context.random.bytes(6)).toUpperCase().slice(-8);

/**
 * The clock's row is written as well: of two who make a customer for it, or make one and delete it, one
 * loses and looks again.
 */
const takeClock = async (
  context: Context,
  scope: Scope,
  asked: string | undefined,
): Promise<{ readonly clock: string | null; readonly writes: readonly Write[] }> => {
  if (asked === undefined) return { clock: null, writes: [] };
  const clock = await findTestClock(context, scope, asked, 'test_clock');
  if (clock.status !== 'ready') {
    throw new ApiError(400, 'The test clock is not ready: wait until it has arrived.', {
      param: 'test_clock',
    });
  }
  const others = await customersOfClock(context, scope, asked);
  if (others.length >= CUSTOMERS_PER_CLOCK) {
    throw new ApiError(400, 'A test clock has three customers at the most.', {
      param: 'test_clock',
    });
  }
  return {
    clock: asked,
    writes: [updateTestClock(scope, { ...clock, version: clock.version + 1 })],
  };
};
