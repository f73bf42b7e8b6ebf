// What may be said later of the sessions that a link opens: all that was said when it was made, but for the currency
// and what it sells.

import { statementDescriptor } from '#payments/intents';
import {
  anything,
  arrayOf,
  boolean,
  emptyable,
  integer,
  metadata,
  object,
  oneOf,
  required,
  text,
} from '#platform/http';
import { QUANTITY_MAX } from './line-item.ts';
import { linkOptionsParameters } from './method-options.ts';
import { sharedParameters } from './session-parameters.ts';

export const changedLineParameters = object({
  adjustable_quantity: object({
    enabled: required(boolean()),
    maximum: integer({ min: 1, max: QUANTITY_MAX }),
    minimum: integer({ min: 0, max: QUANTITY_MAX }),
  }),
  id: required(text(100)),
  quantity: integer({ min: 1, max: QUANTITY_MAX }),
});

const { currency: _currency, managed_payments: _managed, ...changeable } = sharedParameters;

export const changedParameters = {
  ...changeable,
  name_collection: emptyable(sharedParameters.name_collection),
  optional_items: emptyable(anything()),
  payment_method_options: emptyable(linkOptionsParameters),
  line_items: arrayOf(changedLineParameters, { min: 1, max: 20 }),
  payment_intent_data: object({
    description: emptyable(text(1_000)),
    metadata: metadata(),
    setup_future_usage: emptyable(oneOf('off_session', 'on_session')),
    statement_descriptor: emptyable(statementDescriptor()),
    statement_descriptor_suffix: emptyable(text(22)),
    transfer_group: emptyable(text()),
  }),
} as const;

export const changeParameters = object(changedParameters);
