// A customer that a later module makes of what a payer told, with nothing attached yet.

import type { Address } from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import { newUuid } from '#kit/ids';
import { appendChange, type Cause } from '#platform/events';
import { newInvoicePrefix } from './create-customer.ts';
import { blankCustomer, type Customer, type Shipping } from './customer.ts';
import { insertCustomer } from './customers.store.ts';
import { customerCreated, customerSnapshot } from './events.ts';

export const makeCustomer = (
  context: Context,
  scope: Scope,
  told: {
    readonly email: string | null;
    readonly name: string | null;
    readonly phone: string | null;
    readonly address: Address | null;
    readonly shipping: Shipping | null;
    readonly cause: Cause;
  },
): { readonly customer: Customer; readonly writes: readonly Write[] } => {
  const { cause, ...known } = told;
  const blank = blankCustomer(newUuid(context), newInvoicePrefix(context));
  const customer: Customer = { ...blank, ...known };
  return {
    customer,
    writes: [
      insertCustomer(scope, customer),
      appendChange(context, {
        scope,
        objectId: customer.id,
        sequence: customer.version,
        kinds: [customerCreated],
        snapshot: customerSnapshot(customer),
        request: cause,
      }),
    ],
  };
};
