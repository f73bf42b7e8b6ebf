// What a caller may say of a checkout session. Older and current names are taken alike.

import { namesOfTypes } from '#cards/methods';
import { shippingParameters, statementDescriptor } from '#payments/intents';
import {
  amount,
  anything,
  arrayOf,
  boolean,
  currency,
  decimal,
  described,
  email,
  emptyable,
  id,
  integer,
  listParameters,
  metadata,
  object,
  olderName,
  oneOf,
  required,
  text,
  timestamp,
  timestampRange,
  url,
} from '#platform/http';
import { brandingParameters } from './branding.ts';
import { LENGTH_MAX } from './custom-fields.ts';
import { QUANTITY_MAX } from './line-item.ts';
import { linkOptionsParameters, methodOptionsParameters } from './method-options.ts';
import { methodDataParameters, savedMethodsParameters } from './saved-methods.ts';

const whether = oneOf('auto', 'never');
const taxBehavior = oneOf('exclusive', 'inclusive', 'unspecified');

const priceData = object({
  currency: required(currency()),
  product: id(),
  product_data: object({
    description: text(),
    images: arrayOf(url(), { max: 8 }),
    metadata: metadata(),
    name: required(text(1_500)),
    tax_code: text(),
    tax_details: anything(),
    unit_label: text(),
  }),
  recurring: anything(),
  tax_behavior: taxBehavior,
  unit_amount: amount({ min: 0 }),
  unit_amount_decimal: decimal(),
});

const lineFields = {
  adjustable_quantity: object({
    enabled: required(boolean()),
    maximum: integer({ min: 1, max: QUANTITY_MAX }),
    minimum: integer({ min: 0, max: QUANTITY_MAX }),
  }),
  metadata: metadata(),
  price: id(),
  price_data: priceData,
  quantity: integer({ min: 1, max: QUANTITY_MAX }),
  tax_rates: arrayOf(id()),
} as const;

export const lineItemParameters = object(lineFields);

/** Until 2022-08-01 a line of a session said what is sold by itself. */
export const sessionLineParameters = object({
  ...lineFields,
  amount: olderName('price_data[unit_amount]', amount({ min: 0 })),
  currency: olderName('price_data[currency]', currency()),
  description: olderName('price_data[product_data][description]', text()),
  images: olderName('price_data[product_data][images]', arrayOf(url(), { max: 8 })),
  name: olderName('price_data[product_data][name]', text(1_500)),
});

const deliveryBound = object({
  unit: required(oneOf('business_day', 'day', 'hour', 'month', 'week')),
  value: required(integer({ min: 1, max: 1_000 })),
});

const shippingOption = object({
  shipping_rate: id(),
  shipping_rate_data: object({
    delivery_estimate: object({ maximum: deliveryBound, minimum: deliveryBound }),
    display_name: required(text(100)),
    fixed_amount: object({
      amount: required(amount({ min: 0 })),
      currency: required(currency()),
      currency_options: anything(),
    }),
    metadata: metadata(),
    tax_behavior: taxBehavior,
    tax_code: text(),
    type: oneOf('fixed_amount'),
  }),
});

const length = () => integer({ min: 0, max: LENGTH_MAX });
const textField = object({
  default_value: text(LENGTH_MAX),
  maximum_length: length(),
  minimum_length: length(),
});

const customField = object({
  dropdown: object({
    default_value: text(100),
    options: required(
      arrayOf(object({ label: required(text(100)), value: required(text(100)) }), {
        min: 1,
        max: 200,
      }),
    ),
  }),
  key: required(text(200)),
  label: required(object({ custom: required(text(50)), type: required(oneOf('custom')) })),
  numeric: textField,
  optional: boolean(),
  text: textField,
  type: required(oneOf('dropdown', 'numeric', 'text')),
});

const message = emptyable(object({ message: required(text(1_200)) }));

const collectedName = object({ enabled: required(boolean()), optional: boolean() });

/** What sessions and the links that open them have in common. */
export const sharedParameters = {
  billing_address_collection: oneOf('auto', 'required'),
  consent_collection: object({
    payment_method_reuse_agreement: object({ position: required(oneOf('auto', 'hidden')) }),
    promotions: oneOf('auto', 'none'),
    terms_of_service: oneOf('none', 'required'),
  }),
  currency: currency(),
  custom_fields: emptyable(arrayOf(customField, { max: 3 })),
  custom_text: object({
    after_submit: message,
    shipping_address: message,
    submit: message,
    terms_of_service_acceptance: message,
  }),
  customer_creation: oneOf('always', 'if_required'),
  metadata: metadata(),
  name_collection: object({ business: collectedName, individual: collectedName }),
  phone_number_collection: object({ enabled: required(boolean()) }),
  shipping_address_collection: emptyable(
    object({ allowed_countries: required(arrayOf(text(2), { min: 1, max: 250 })) }),
  ),
  shipping_options: emptyable(arrayOf(shippingOption, { max: 5 })),
  submit_type: oneOf('auto', 'book', 'donate', 'pay', 'subscribe'),
  // What is not part of this installation yet: accepted where it asks for nothing.
  allow_promotion_codes: boolean(),
  automatic_tax: anything(),
  invoice_creation: anything(),
  managed_payments: anything(),
  optional_items: anything(),
  payment_method_collection: oneOf('always', 'if_required'),
  payment_method_options: linkOptionsParameters,
  subscription_data: anything(),
  tax_id_collection: anything(),
} as const;

export const intentDataParameters = object({
  application_fee_amount: amount({ min: 0 }),
  capture_method: oneOf('automatic', 'automatic_async', 'manual'),
  description: text(1_000),
  metadata: metadata(),
  on_behalf_of: id(),
  receipt_email: email(),
  setup_future_usage: oneOf('off_session', 'on_session'),
  shipping: shippingParameters,
  statement_descriptor: statementDescriptor(),
  statement_descriptor_suffix: text(22),
  transfer_data: anything(),
  transfer_group: text(),
});

const setupDataParameters = object({
  description: text(1_000),
  metadata: metadata(),
  on_behalf_of: id(),
});

/** Stripe's, and those of ours that Stripe has not. */
const locales = [
  'auto',
  'ar',
  'bg',
  'cs',
  'da',
  'de',
  'el',
  'en',
  'en-GB',
  'es',
  'es-419',
  'et',
  'fi',
  'fil',
  'fr',
  'fr-CA',
  'he',
  'hi',
  'hr',
  'hu',
  'id',
  'it',
  'ja',
  'ko',
  'lt',
  'lv',
  'ms',
  'mt',
  'nb',
  'nl',
  'pl',
  'pt',
  'pt-BR',
  'ro',
  'ru',
  'sk',
  'sl',
  'sv',
  'th',
  'tr',
  'vi',
  'zh',
  'zh-HK',
  'zh-Hans',
  'zh-Hant',
  'zh-TW',
] as const;

export const createParameters = object(
  {
    ...sharedParameters,
    adaptive_pricing: anything(),
    after_expiration: object({
      recovery: object({ allow_promotion_codes: boolean(), enabled: required(boolean()) }),
    }),
    allowed_payment_method_types: namesOfTypes,
    branding_settings: brandingParameters,
    cancel_url: url(),
    client_reference_id: text(200),
    customer: id(),
    customer_account: id(),
    customer_email: email(),
    customer_update: object({ address: whether, name: whether, shipping: whether }),
    discounts: emptyable(anything()),
    excluded_payment_method_types: namesOfTypes,
    expires_at: timestamp(),
    integration_identifier: text(200),
    line_items: arrayOf(sessionLineParameters, { max: 100 }),
    locale: oneOf(...locales),
    mode: oneOf('payment', 'setup', 'subscription'),
    order_reference: described(
      'The merchant’s own name of the order. It has one session that can be paid or was: again with the same amount and currency answers that one, else 409.',
      text(200),
    ),
    origin_context: oneOf('mobile_app', 'web'),
    payment_intent_data: intentDataParameters,
    payment_method_configuration: id(),
    payment_method_data: methodDataParameters,
    payment_method_options: methodOptionsParameters,
    payment_method_types: arrayOf(text(100)),
    permissions: anything(),
    redirect_on_completion: oneOf('always', 'if_required', 'never'),
    return_url: url(),
    saved_payment_method_options: savedMethodsParameters,
    setup_intent_data: setupDataParameters,
    success_url: url(),
    ui_mode: oneOf('elements', 'embedded_page', 'hosted_page', 'custom', 'embedded', 'hosted'),
    wallet_options: object({ link: object({ display: whether }) }),
  },
  {
    exclusive: [
      ['customer', 'customer_email'],
      [
        'allowed_payment_method_types',
        'payment_method_types',
        'excluded_payment_method_types',
        'payment_method_configuration',
      ],
    ],
  },
);

export const updateParameters = object({
  collected_information: anything(),
  line_items: anything(),
  metadata: metadata(),
  payment_intent_data: anything(),
  shipping_options: emptyable(anything()),
});

export const listFilters = listParameters({
  created: timestampRange(),
  customer: id(),
  customer_account: id(),
  customer_details: object({ email: required(email()) }),
  order_reference: described('Ours: the sessions of this order, expired ones included.', text(200)),
  payment_intent: id(),
  payment_link: id(),
  status: oneOf('complete', 'expired', 'open'),
  subscription: id(),
});

export const lineItemList = listParameters({});
