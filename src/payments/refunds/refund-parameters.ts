import {
  amount,
  boolean,
  currency,
  email,
  id,
  listParameters,
  metadata,
  object,
  oneOf,
  timestampRange,
} from '#platform/http';

export const createParameters = object({
  amount: amount(),
  charge: id(),
  currency: currency(),
  customer: id(),
  instructions_email: email(),
  metadata: metadata(),
  origin: oneOf('customer_balance'),
  payment_intent: id(),
  reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
  refund_application_fee: boolean(),
  reverse_transfer: boolean(),
});

/** Of a charge that the address names. */
export const createOfChargeParameters = object({
  amount: amount(),
  instructions_email: email(),
  metadata: metadata(),
  reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
  refund_application_fee: boolean(),
  reverse_transfer: boolean(),
});

export const updateParameters = object({ metadata: metadata() });

export const refundFilters = listParameters({
  charge: id(),
  created: timestampRange(),
  payment_intent: id(),
});

export const refundsOfCharge = listParameters({});
