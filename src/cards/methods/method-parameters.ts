// What a caller may say of a payment method.

import {
  address,
  cardText,
  either,
  email,
  emptyable,
  id,
  integer,
  metadata,
  object,
  oneOf,
  phone,
  required,
  text,
} from '#platform/http';
import { knownTypes } from './known-types.ts';
import { otherTypeNames, otherTypes } from './other-types.ts';

const networks = object({
  preferred: emptyable(oneOf('cartes_bancaires', 'mastercard', 'visa')),
});

/** A sealed card may stand wherever a plain one does. */
const cardParameters = object({
  number: cardText(),
  exp_month: integer(),
  exp_year: integer(),
  cvc: cardText(10),
  networks,
  token: id(),
  sealed: text(8_000),
});

const billingDetails = object({
  address: emptyable(address()),
  email: emptyable(email()),
  name: emptyable(text()),
  phone: emptyable(phone()),
  tax_id: text(100),
});

const allowRedisplay = oneOf('always', 'limited', 'unspecified');

const typeNames = ['card', ...otherTypeNames] as const;

export const createMethodParameters = object({
  ...otherTypes,
  allow_redisplay: allowRedisplay,
  billing_details: billingDetails,
  card: cardParameters,
  metadata: metadata(),
  radar_options: object({ session: id() }),
  type: required(oneOf(...typeNames)),
});

export const updateMethodParameters = object({
  allow_redisplay: allowRedisplay,
  billing_details: billingDetails,
  card: object({ exp_month: integer(), exp_year: integer(), networks }),
  metadata: metadata(),
});

export const methodFilters = {
  allow_redisplay: allowRedisplay,
  // Of a kind that nobody keeps here there are none, and whoever shows what a customer has may ask.
  type: oneOf(...knownTypes, 'custom'),
} as const;

const legacyCard = {
  address_city: text(),
  address_country: text(),
  address_line1: text(),
  address_line2: text(),
  address_state: text(),
  address_zip: text(),
  currency: text(3),
  cvc: cardText(10),
  exp_month: integer(),
  exp_year: integer(),
  name: text(),
  networks,
  number: cardText(),
  sealed: text(8_000),
} as const;

/** What older clients call a source: a token, or the card itself. */
export const sourceParameter = either(
  id(),
  object({ ...legacyCard, metadata: metadata(), object: oneOf('card') }),
);

export const createTokenParameters = object(
  {
    card: object(legacyCard),
    customer: id(),
    cvc_update: object({ cvc: cardText(10), sealed: text(8_000) }),
  },
  { exclusive: [['card', 'cvc_update']] },
);
