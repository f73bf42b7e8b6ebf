// What a payer's page, or a program in its place, says to pay a session.

import { createMethodParameters } from '#cards/methods';
import {
  address,
  amount,
  boolean,
  described,
  email,
  emptyable,
  id,
  ignored,
  integer,
  map,
  object,
  phone,
  required,
  text,
} from '#platform/http';
import { LENGTH_MAX } from './custom-fields.ts';
import { QUANTITY_MAX } from './line-item.ts';

/** Of a business or a person, as Stripe has it. */
const NAME_MAX = 150;

export const confirmParameters = object(
  {
    attempt: described(
      'Which try this is, as the page that was shown names it. Clicking twice, going back and other tabs then make one try.',
      text(20),
    ),
    billing_address: address(),
    business_name: emptyable(text(NAME_MAX)),
    consent: object({ promotions: boolean(), terms_of_service: boolean() }),
    custom_fields: map(text(LENGTH_MAX), 3),
    email: emptyable(email()),
    expected_amount: described(
      'What the payer was shown. Where the session costs anything else nothing is charged. Needed in mode payment.',
      amount({ min: 0 }),
    ),
    individual_name: emptyable(text(NAME_MAX)),
    name: emptyable(text(200)),
    payment_method: id(),
    payment_method_data: createMethodParameters,
    phone: emptyable(phone(20)),
    quantity: map(integer({ min: 0, max: QUANTITY_MAX }), 100),
    shipping: object({ address: required(address()), name: required(text(200)) }),
    shipping_option: id(),
    eid: ignored(),
  },
  { exclusive: [['payment_method', 'payment_method_data']] },
);
