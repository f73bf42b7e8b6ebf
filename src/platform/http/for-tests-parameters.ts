// Parameters of every kind, read for tests.

import assert from 'node:assert/strict';
import { Type } from 'typebox';
import { ApiError } from './errors.ts';
import { decodeForm } from './form.ts';
import { parseJson } from './json.ts';
import { compileParameters } from './parameters.ts';
import {
  address,
  alias,
  amount,
  anything,
  arrayOf,
  boolean,
  browserNoise,
  cardText,
  currency,
  decimal,
  described,
  either,
  email,
  emptyable,
  id,
  ignored,
  integer,
  map,
  metadata,
  object,
  oneOf,
  parameters,
  phone,
  required,
  returnUrl,
  text,
  textBetween,
  timestamp,
  timestampRange,
  url,
} from './schema.ts';

const schema = parameters(
  {
    amount: amount(),
    address: emptyable(address()),
    back_to: returnUrl(),
    birthday: timestamp(),
    capture_method: oneOf('automatic', 'automatic_async', 'manual'),
    card: alias('source'),
    confirm: boolean(),
    created: timestampRange(),
    currency: currency(),
    customer: id(),
    customer_account: id(),
    default_card: alias('invoice_settings[default_payment_method]'),
    description: emptyable(text(20)),
    email: emptyable(email()),
    extra: anything(),
    invoice_settings: object({ default_payment_method: emptyable(id()), footer: text() }),
    items: arrayOf(object({ price: required(id()), quantity: integer({ min: 1, max: 10 }) })),
    labels: map(text(10)),
    metadata: metadata(),
    mode: oneOf('one', 'two'),
    name: described('A name.', text()),
    off_session: either(boolean(), oneOf('one_off', 'recurring')),
    old: ignored(),
    payment_method_data: object({ type: required(text()), ...browserNoise }),
    phone: emptyable(phone()),
    off_session_or_why: oneOf('true', 'false', 'recurring'),
    plain: Type.Integer({ minimum: 2 }),
    printed: textBetween(5, 22),
    return_url: url(),
    source: either(id(), object({ number: required(cardText()), cvc: cardText(4) })),
    types: arrayOf(text(), { max: 3 }),
    unit_amount_decimal: decimal(),
  },
  { exclusive: [['customer', 'customer_account']] },
);
export const read = compileParameters(schema);
export const readForm = (form: string) => read(decodeForm(form)).values;
export const readJson = (json: unknown) => read(parseJson(JSON.stringify(json))).values;

export const refusalOf = (work: () => unknown): ApiError => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.status, 400);
    return error;
  }
  throw new Error('Nothing was refused.');
};
