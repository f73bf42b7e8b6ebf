// What a caller may say of a payment intent. Older and current names are taken alike.

import { createMethodParameters, namesOfTypes, optionsOfOthers } from '#cards/methods';
import { mandateParameters } from '#payments/confirmation';
import {
  address,
  alias,
  amount,
  anything,
  arrayOf,
  boolean,
  currency,
  described,
  email,
  emptyable,
  id,
  ignored,
  integer,
  metadata,
  object,
  oneOf,
  phone,
  required,
  returnUrl,
  text,
  textBetween,
} from '#platform/http';
import { awayParameters } from './away-options.ts';
import { mandateOptionsParameters } from './mandate-options.ts';
import {
  amountDetailsParameters,
  hooksParameters,
  paymentDetailsParameters,
} from './order-parameters.ts';

/** What a bank prints, whole. A suffix may be shorter: it stands behind the merchant's name. */
export const statementDescriptor = () => textBetween(5, 22);

export const shippingParameters = object({
  address: required(address()),
  carrier: emptyable(text()),
  name: required(text()),
  phone: emptyable(phone()),
  tracking_number: emptyable(text()),
});

export const networks = [
  'amex',
  'cartes_bancaires',
  'diners',
  'discover',
  'jcb',
  'mastercard',
  'unionpay',
  'unknown',
  'visa',
] as const;

const ifAvailable = oneOf('if_available', 'never');

const cardOptions = object({
  capture_method: emptyable(oneOf('manual')),
  cvc_token: id(),
  installments: object({ enabled: boolean(), plan: emptyable(anything()) }),
  mandate_options: mandateOptionsParameters,
  moto: boolean(),
  network: oneOf(...networks),
  request_extended_authorization: ifAvailable,
  request_incremental_authorization: ifAvailable,
  request_multicapture: ifAvailable,
  request_overcapture: ifAvailable,
  request_three_d_secure: oneOf('any', 'automatic', 'challenge'),
  require_cvc_recollection: boolean(),
  setup_future_usage: emptyable(oneOf('none', 'off_session', 'on_session')),
  statement_descriptor_suffix_kana: emptyable(text(22)),
  statement_descriptor_suffix_kanji: emptyable(text(17)),
  three_d_secure: anything(),
});

const methodOptions = object({
  ...optionsOfOthers,
  card: emptyable(cardOptions),
  ...awayParameters,
});

const futureUsage = oneOf('off_session', 'on_session');
const captureMethod = oneOf('automatic', 'automatic_async', 'manual');
/** Which of them an account takes is told in words. */
const typeNames = arrayOf(text(100));
/** Where a payer came from is looked at by nobody: only what their own browser does is. */
const radarOptions = object({ referrer: ignored(), session: id() });
const mandateData = emptyable(mandateParameters);
/** One that is there, or what makes a new one. */
const oneMandate = ['mandate', 'mandate_data'] as const;

/** What is not part of this installation yet, and is refused with a sentence of its own. */
const refused = {
  application_fee_amount: emptyable(integer({ min: 0 })),
  confirmation_token: id(),
  customer_account: id(),
  on_behalf_of: emptyable(id()),
  payment_method_configuration: id(),
  transfer_data: anything(),
} as const;

/** Of the order behind the amount. */
const noted = {
  amount_details: emptyable(amountDetailsParameters),
  hooks: hooksParameters,
  payment_details: emptyable(paymentDetailsParameters),
} as const;

const common = {
  ...noted,
  allowed_payment_method_types: namesOfTypes,
  payment_method_types: typeNames,
  excluded_payment_method_types: emptyable(namesOfTypes),
  capture_method: captureMethod,
  customer: id(),
  description: emptyable(text(1_000)),
  metadata: metadata(),
  payment_method: emptyable(id()),
  source: alias('payment_method'),
  payment_method_data: createMethodParameters,
  payment_method_options: methodOptions,
  receipt_email: emptyable(email()),
  setup_future_usage: emptyable(futureUsage),
  shipping: emptyable(shippingParameters),
  statement_descriptor: emptyable(statementDescriptor()),
  statement_descriptor_suffix: emptyable(text(22)),
  transfer_group: text(),
  application_fee_amount: refused.application_fee_amount,
  customer_account: refused.customer_account,
  payment_method_configuration: refused.payment_method_configuration,
  transfer_data: refused.transfer_data,
} as const;

const offSession = oneOf('true', 'false', 'one_off', 'recurring');

const oneWayToSayTypes = [
  [
    'allowed_payment_method_types',
    'payment_method_types',
    'excluded_payment_method_types',
    'automatic_payment_methods',
    'payment_method_configuration',
  ],
  ['payment_method', 'payment_method_data', 'confirmation_token'],
] as const;

export const createParameters = object(
  {
    ...common,
    amount: required(amount({ min: 0 })),
    currency: required(currency()),
    automatic_payment_methods: object({
      allow_redirects: oneOf('always', 'never'),
      enabled: required(boolean()),
    }),
    confirm: boolean(),
    confirmation_method: oneOf('automatic', 'manual'),
    confirmation_token: refused.confirmation_token,
    error_on_requires_action: boolean(),
    mandate: id(),
    mandate_data: mandateData,
    off_session: offSession,
    radar_options: radarOptions,
    on_behalf_of: refused.on_behalf_of,
    order_reference: described(
      'The merchant’s own name of the order. It is registered once per account and mode: again with the same amount and currency answers the payment that exists, and with `confirm` pays it where it was declined or never confirmed; else 409.',
      text(200),
    ),
    return_url: returnUrl(),
    save_payment_method: boolean(),
    use_stripe_sdk: boolean(),
  },
  { exclusive: [...oneWayToSayTypes, oneMandate] },
);

export const updateParameters = object(
  { ...common, amount: amount({ min: 0 }), currency: currency() },
  { exclusive: oneWayToSayTypes },
);

export const confirmParameters = object(
  {
    ...noted,
    allowed_payment_method_types: namesOfTypes,
    payment_method_types: typeNames,
    excluded_payment_method_types: emptyable(namesOfTypes),
    amount_to_confirm: amount({ min: 0 }),
    capture_method: captureMethod,
    client_secret: id(),
    confirmation_token: refused.confirmation_token,
    error_on_requires_action: boolean(),
    mandate: id(),
    mandate_data: mandateData,
    off_session: offSession,
    radar_options: radarOptions,
    payment_method: id(),
    source: alias('payment_method'),
    payment_method_data: createMethodParameters,
    payment_method_options: methodOptions,
    receipt_email: emptyable(email()),
    return_url: returnUrl(),
    save_payment_method: boolean(),
    setup_future_usage: emptyable(futureUsage),
    shipping: emptyable(shippingParameters),
    use_stripe_sdk: boolean(),
  },
  { exclusive: [...oneWayToSayTypes.slice(1), oneMandate] },
);

/** What a page with a publishable key may say when it confirms. */
export const pageParameters: ReadonlySet<string> = new Set([
  'client_secret',
  'payment_method',
  'payment_method_data',
  'confirmation_token',
  'return_url',
  'shipping',
  'receipt_email',
  'setup_future_usage',
  'mandate_data',
  'payment_method_options',
  'use_stripe_sdk',
]);

export const captureParameters = object({
  // As captures of charges call it; shops' plugins say it here too.
  amount: alias('amount_to_capture'),
  amount_details: noted.amount_details,
  amount_to_capture: amount({ min: 0 }),
  application_fee_amount: refused.application_fee_amount,
  final_capture: boolean(),
  hooks: noted.hooks,
  metadata: metadata(),
  payment_details: noted.payment_details,
  statement_descriptor: statementDescriptor(),
  statement_descriptor_suffix: text(22),
  transfer_data: refused.transfer_data,
});

export const incrementParameters = object({
  amount: required(amount()),
  amount_details: noted.amount_details,
  application_fee_amount: refused.application_fee_amount,
  description: text(1_000),
  hooks: noted.hooks,
  metadata: metadata(),
  payment_details: noted.payment_details,
  statement_descriptor: statementDescriptor(),
  transfer_data: refused.transfer_data,
});

export const cancelParameters = object({
  cancellation_reason: oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'),
});

export const retrieveParameters = object({ client_secret: id() });
