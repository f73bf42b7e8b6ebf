// What Stripe's checkout can and ours cannot yet. Asked for nothing it is let pass, so that integrations
// which spell out a default go on working; asked for something it is refused, because leaving it out
// silently would charge another amount or sell something else.

import { ApiError } from '#platform/http';
import { notYet } from './refusals.ts';

type Asked = Readonly<Record<string, unknown>>;

const isHash = (value: unknown): value is Asked =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOff = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 'false' ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isHash(value) &&
    (Object.keys(value).length === 0 || ('enabled' in value && isOff(value['enabled']))));

const absent: Readonly<Record<string, string>> = {
  adaptive_pricing: 'Adaptive pricing is',
  allow_promotion_codes: 'Promotion codes are',
  application_fee_amount: 'Connected accounts are',
  application_fee_percent: 'Connected accounts are',
  automatic_tax: 'Automatic tax is',
  customer_account: 'Customer accounts are',
  discounts: 'Discounts are',
  invoice_creation: 'Invoices are',
  managed_payments: 'Managed payments are',
  on_behalf_of: 'Connected accounts are',
  optional_items: 'Optional items are',
  payment_method_configuration: 'Payment method configurations are',
  permissions: 'Permissions are',
  subscription_data: 'Subscriptions are',
  tax_id_collection: 'Collecting tax ids is',
  transfer_data: 'Connected accounts are',
};

/** Whether a card is asked for where nothing is due is a matter of subscriptions; elsewhere it is as it is shown. */
export const refuseCollection = (asked: string | undefined, shown: 'always' | 'if_required') => {
  if (asked === undefined || asked === shown) return;
  throw new ApiError(
    400,
    `payment_method_collection can only be set in \`subscription\` mode: here it is ${shown}. Remove it.`,
    { param: 'payment_method_collection' },
  );
};

export const refuseNotYet = (asked: Asked): void => {
  for (const [name, what] of Object.entries(absent)) {
    if (!isOff(asked[name])) throw notYet(name, what);
  }
  for (const group of ['payment_intent_data', 'setup_intent_data']) {
    const data = asked[group];
    for (const name of ['application_fee_amount', 'on_behalf_of', 'transfer_data']) {
      if (isHash(data) && !isOff(data[name])) {
        throw notYet(`${group}[${name}]`, 'Connected accounts are');
      }
    }
  }
};
