// A type of the official `stripe` package as it is on the wire. The package leaves its enums open, so
// that a misspelt status would compile, and types decimals as objects although they travel as text.
// A serializer ends with `satisfies Wire<Stripe.Customer>`: drift from Stripe's shape is then an error
// of the compiler. Types only; nothing of the package runs here.

import type Stripe from 'stripe';

type Decimal = NonNullable<Stripe.Price['unit_amount_decimal']>;
type Literals<T> = T extends string ? (string extends T ? never : T) : never;

export type Wire<T> = [NonNullable<T>] extends [string]
  ? [Literals<T>] extends [never]
    ? T
    : Literals<T> | Extract<T, null | undefined>
  : T extends Decimal
    ? string
    : T extends readonly (infer U)[]
      ? Wire<U>[]
      : T extends object
        ? { [K in keyof T]: Wire<T[K]> }
        : T;
