import { sourceParameter } from '#cards/methods';
import {
  alias,
  emptyable,
  integer,
  listParameters,
  metadata,
  object,
  oneOf,
  required,
  text,
} from '#platform/http';

export const sourceFilters = listParameters({ object: oneOf('card', 'bank_account', 'source') });

export const createSourceParameters = object({
  source: required(sourceParameter),
  card: alias('source'),
  metadata: metadata(),
  validate: oneOf('true', 'false'),
});

export const updateSourceParameters = object({
  address_city: emptyable(text()),
  address_country: emptyable(text()),
  address_line1: emptyable(text()),
  address_line2: emptyable(text()),
  address_state: emptyable(text()),
  address_zip: emptyable(text()),
  exp_month: integer(),
  exp_year: integer(),
  metadata: metadata(),
  name: emptyable(text()),
});
