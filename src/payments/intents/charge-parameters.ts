// What a caller of the older API may say of a charge.

import { sourceParameter } from '#cards/methods';
import {
  alias,
  amount,
  anything,
  boolean,
  currency,
  email,
  emptyable,
  id,
  integer,
  metadata,
  object,
  oneOf,
  required,
  text,
} from '#platform/http';
import { shippingParameters, statementDescriptor } from './intent-parameters.ts';

const connected = {
  application_fee: integer({ min: 0 }),
  application_fee_amount: integer({ min: 0 }),
  transfer_data: anything(),
} as const;

export const createChargeParameters = object({
  ...connected,
  amount: required(amount({ min: 0 })),
  capture: boolean(),
  card: alias('source'),
  currency: required(currency()),
  customer: id(),
  description: emptyable(text(40_000)),
  destination: anything(),
  metadata: metadata(),
  on_behalf_of: id(),
  radar_options: object({ session: id() }),
  receipt_email: emptyable(email()),
  shipping: emptyable(shippingParameters),
  source: sourceParameter,
  statement_descriptor: emptyable(statementDescriptor()),
  statement_descriptor_suffix: emptyable(text(22)),
  transfer_group: text(),
});

export const captureChargeParameters = object({
  ...connected,
  amount: amount(),
  receipt_email: email(),
  statement_descriptor: statementDescriptor(),
  statement_descriptor_suffix: text(22),
  transfer_group: text(),
});

export const updateChargeParameters = object({
  customer: id(),
  description: emptyable(text(40_000)),
  fraud_details: object({ user_report: emptyable(oneOf('fraudulent', 'safe')) }),
  metadata: metadata(),
  receipt_email: emptyable(email()),
  shipping: emptyable(shippingParameters),
  transfer_group: text(),
});
