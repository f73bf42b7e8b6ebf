// What a caller may say of a setup intent. Older and current names are taken alike.

import { createMethodParameters, namesOfTypes, optionsOfOthers } from '#cards/methods';
import { mandateParameters } from '#payments/confirmation';
import { mandateFields, networks } from '#payments/intents';
import {
  anything,
  arrayOf,
  boolean,
  currency,
  emptyable,
  id,
  ignored,
  integer,
  listParameters,
  metadata,
  object,
  oneOf,
  required,
  returnUrl,
  text,
  timestampRange,
} from '#platform/http';

const setupMandateOptions = object({ ...mandateFields, currency: required(currency()) });

const typeNames = arrayOf(text(100));

const options = object({
  ...optionsOfOthers,
  card: object({
    cvc_token: ignored(),
    mandate_options: setupMandateOptions,
    moto: boolean(),
    network: oneOf(...networks),
    request_three_d_secure: oneOf('any', 'automatic', 'challenge'),
    three_d_secure: anything(),
  }),
});

const types = {
  allowed_payment_method_types: emptyable(namesOfTypes),
  payment_method_types: typeNames,
  excluded_payment_method_types: emptyable(namesOfTypes),
} as const;

/** What is not part of this installation, and is refused with a sentence of its own. */
const refused = {
  attach_to_self: boolean(),
  customer_account: id(),
  flow_directions: emptyable(typeNames),
  on_behalf_of: id(),
  payment_method_configuration: id(),
  single_use: anything(),
} as const;

const confirming = {
  confirmation_token: id(),
  mandate_data: emptyable(mandateParameters),
  return_url: returnUrl(),
  use_stripe_sdk: boolean(),
} as const;

const described = {
  description: emptyable(text(1_000)),
  metadata: metadata(),
  payment_method: id(),
  payment_method_data: createMethodParameters,
  payment_method_options: options,
} as const;

const oneMethod = ['payment_method', 'payment_method_data', 'confirmation_token'] as const;

export const createParameters = object(
  {
    ...types,
    ...refused,
    ...described,
    ...confirming,
    automatic_payment_methods: object({
      allow_redirects: oneOf('always', 'never'),
      enabled: required(boolean()),
    }),
    confirm: boolean(),
    customer: id(),
    usage: oneOf('off_session', 'on_session'),
  },
  { exclusive: [oneMethod] },
);

export const updateParameters = object(
  {
    ...types,
    ...described,
    attach_to_self: refused.attach_to_self,
    customer: id(),
    customer_account: refused.customer_account,
    flow_directions: refused.flow_directions,
    payment_method_configuration: refused.payment_method_configuration,
  },
  { exclusive: [oneMethod.slice(0, 2)] },
);

export const confirmParameters = object(
  {
    ...types,
    ...confirming,
    client_secret: id(),
    payment_method: described.payment_method,
    payment_method_data: createMethodParameters,
    payment_method_options: options,
  },
  { exclusive: [oneMethod] },
);

/** What a page with a publishable key may say when it confirms. */
export const pageParameters: ReadonlySet<string> = new Set([
  'client_secret',
  'payment_method',
  'payment_method_data',
  'confirmation_token',
  'return_url',
  'mandate_data',
  'payment_method_options',
  'use_stripe_sdk',
]);

export const cancelParameters = object({
  cancellation_reason: oneOf('abandoned', 'duplicate', 'requested_by_customer'),
});
export const retrieveParameters = object({ client_secret: id() });
export const setupFilters = listParameters({
  attach_to_self: boolean(),
  created: timestampRange(),
  customer: id(),
  payment_method: id(),
});
export const attemptFilters = listParameters({
  created: timestampRange(),
  setup_intent: required(id()),
});

export const verifyParameters = object({
  amounts: arrayOf(integer()),
  descriptor_code: text(),
});
