// What a caller may say of the order behind an amount.

import {
  amount,
  arrayOf,
  boolean,
  emptyable,
  integer,
  object,
  oneOf,
  required,
  text,
  url,
} from '#platform/http';

const LINES_MAX = 200;

export const paymentDetailsParameters = object({
  customer_reference: emptyable(text(500)),
  order_reference: emptyable(text(500)),
});

const tax = { total_tax_amount: required(amount({ min: 0 })) } as const;
const ofCards = object({ commodity_code: text(50) });

export const amountDetailsParameters = object({
  discount_amount: emptyable(amount()),
  enforce_arithmetic_validation: boolean(),
  line_items: emptyable(
    arrayOf(
      object({
        discount_amount: amount({ min: 0 }),
        payment_method_options: object({
          card: ofCards,
          card_present: ofCards,
          klarna: object({
            image_url: url(),
            product_url: url(),
            reference: text(),
            subscription_reference: text(),
          }),
          paypal: object({
            category: oneOf('digital_goods', 'donation', 'physical_goods'),
            description: text(),
            sold_by: text(),
          }),
        }),
        product_code: text(12),
        product_name: required(text(1_024)),
        quantity: required(integer({ min: 1, max: 999_999_999 })),
        tax: object(tax),
        unit_cost: required(amount({ min: 0 })),
        unit_of_measure: text(12),
      }),
      { max: LINES_MAX },
    ),
  ),
  shipping: emptyable(
    object({
      amount: emptyable(amount({ min: 0 })),
      from_postal_code: emptyable(text(10)),
      to_postal_code: emptyable(text(10)),
    }),
  ),
  tax: emptyable(object(tax)),
});

/** A tax is computed by nobody here. */
export const hooksParameters = object({
  inputs: object({ tax: object({ calculation: emptyable(text()) }) }),
});
