import {
  changedParameters,
  intentDataParameters,
  lineItemParameters,
  sharedParameters,
} from '#commerce/checkout';
import {
  amount,
  anything,
  arrayOf,
  boolean,
  decimal,
  emptyable,
  id,
  integer,
  listParameters,
  object,
  oneOf,
  required,
  text,
  url,
} from '#platform/http';

const common = {
  after_completion: object({
    hosted_confirmation: object({ custom_message: text(500) }),
    redirect: object({ url: required(url()) }),
    type: required(oneOf('hosted_confirmation', 'redirect')),
  }),
  inactive_message: emptyable(text(500)),
  payment_method_types: emptyable(arrayOf(text(100))),
  restrictions: emptyable(
    object({ completed_sessions: required(object({ limit: required(integer({ min: 1 })) })) }),
  ),
} as const;

export const createParameters = object({
  ...sharedParameters,
  ...common,
  application_fee_amount: amount({ min: 0 }),
  application_fee_percent: decimal(),
  line_items: required(arrayOf(lineItemParameters, { min: 1, max: 20 })),
  on_behalf_of: id(),
  payment_intent_data: intentDataParameters,
  transfer_data: anything(),
});

export const updateParameters = object({
  ...common,
  ...changedParameters,
  active: boolean(),
  application_fee_amount: emptyable(amount({ min: 0 })),
  application_fee_percent: emptyable(decimal()),
  on_behalf_of: emptyable(id()),
  transfer_data: emptyable(anything()),
});

export const listFilters = listParameters({ active: boolean() });
