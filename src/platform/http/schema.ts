// Words to write a route's parameters with. Each gives a TypeBox schema, the single source: `x-wire`
// tells the parser how the value travels, the standard keywords tell the OpenAPI document the same.
// A field is optional unless it stands in `required(…)`, since most of Stripe's are.

import type { Static, TObject, TOptional, TSchema, TUnsafe } from 'typebox';
import { Type } from 'typebox';
import { currencyCodes } from '#kit/money';

/** How a value travels. The parser compiles one reader for each. */
export type Wire =
  | {
      readonly kind: 'text';
      readonly maxLength: number;
      readonly cards: CardPolicy;
      /** Left out where one character is enough. */
      readonly minLength?: number;
    }
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'clamped'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'decimal' }
  | { readonly kind: 'timestampRange' }
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  | { readonly kind: 'email' }
  | { readonly kind: 'url' }
  | { readonly kind: 'returnUrl' }
  | { readonly kind: 'currency'; readonly codes: readonly string[] }
  | { readonly kind: 'metadata' }
  | { readonly kind: 'either'; readonly options: readonly TSchema[] }
  | { readonly kind: 'alias'; readonly target: readonly string[] }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'anything' };

/**
 * What a text does with a card number: refuse it anywhere (free text), refuse it as a word of its
 * own (identifiers, whose random part may hold a run of digits), refuse it from 16 digits on (phone
 * numbers have at most 15), or take it, because this is the card field. A card field is never shown
 * in an error.
 */
export type CardPolicy = 'refuse' | 'refuseWord' | 'refuseLong' | 'accept';

/** Text of up to so many characters; Stripe's usual limit where it names none. */
export const text = (maxLength = 5_000): TUnsafe<string> => textWith(maxLength, 'refuse');

/** Text of at least and at most so many characters. */
export const textBetween = (minLength: number, maxLength: number): TUnsafe<string> =>
  wire<string>(
    { kind: 'text', minLength, maxLength, cards: 'refuse' },
    { type: 'string', minLength, maxLength },
  );

/** An object's id or a client secret. */
export const id = (maxLength = 5_000): TUnsafe<string> => textWith(maxLength, 'refuseWord');

/** With its extension and whatever else somebody writes there, a number need not be short. */
export const phone = (maxLength = 5_000): TUnsafe<string> => textWith(maxLength, 'refuseLong');

/** The fields of a card form, and nothing else. */
export const cardText = (maxLength = 30): TUnsafe<string> => textWith(maxLength, 'accept');

const textWith = (maxLength: number, cards: CardPolicy) =>
  wire<string>({ kind: 'text', maxLength, cards }, { type: 'string', maxLength });

export type Bounds = { readonly min?: number; readonly max?: number };

export const integer = ({ min, max }: Bounds = {}): TUnsafe<number> =>
  wire<number>(
    {
      kind: 'integer',
      minimum: min ?? Number.MIN_SAFE_INTEGER,
      maximum: max ?? Number.MAX_SAFE_INTEGER,
    },
    { type: 'integer', ...bounds(min, max) },
  );

/**
 * Minor units, a safe integer. Twelve digits is the most any currency takes; what is too small or too
 * large in one currency is said by the verb, which knows the currency.
 */
export const amount = ({ min = 1, max = 999_999_999_999 }: Bounds = {}): TUnsafe<number> =>
  integer({ min, max });

/** Unix seconds, up to the year 9999. */
export const timestamp = (): TUnsafe<number> => integer({ min: 0, max: 253_402_300_799 });

export const boolean = (): TUnsafe<boolean> =>
  wire<boolean>({ kind: 'boolean' }, { type: 'boolean' });

/** Digits with a point, kept as text and without needless zeros: `12.50` is `12.5`. */
export const decimal = (): TUnsafe<string> =>
  wire<string>({ kind: 'decimal' }, { type: 'string', format: 'decimal' });

export type TimeRange = {
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
};

/** `created=1` or `created[gt]=1`; one moment becomes a range of one second. */
export const timestampRange = (): TUnsafe<TimeRange> => {
  const second = { type: 'integer' };
  const range = {
    type: 'object',
    properties: { gt: second, gte: second, lt: second, lte: second },
    additionalProperties: false,
  };
  return wire<TimeRange>({ kind: 'timestampRange' }, { anyOf: [range, second] });
};

export const oneOf = <const Values extends readonly string[]>(
  ...values: Values
): TUnsafe<Values[number]> =>
  wire<Values[number]>({ kind: 'oneOf', values }, { type: 'string', enum: [...values] });

export const email = (): TUnsafe<string> =>
  wire<string>({ kind: 'email' }, { type: 'string', maxLength: 512 });

/** An absolute http or https address. */
export const url = (): TUnsafe<string> =>
  wire<string>({ kind: 'url' }, { type: 'string', format: 'uri', maxLength: 5_000 });

/** Where a payer comes back to: an address of the web, or of an app (`shop-app://paid`). */
export const returnUrl = (): TUnsafe<string> =>
  wire<string>({ kind: 'returnUrl' }, { type: 'string', format: 'uri', maxLength: 5_000 });

/** Three letters in either case; lower case inside. */
export const currency = (): TUnsafe<string> =>
  wire<string>({ kind: 'currency', codes: currencyCodes }, { type: 'string', format: 'currency' });

/** Keys to set; an empty value removes its key, and null (sent as an empty string) all of them. */
export type MetadataChange = Readonly<Record<string, string>> | null;

export const metadata = (): TUnsafe<MetadataChange> =>
  wire<MetadataChange>(
    { kind: 'metadata' },
    { type: 'object', additionalProperties: { type: 'string', maxLength: 500 } },
  );

/** A value whose form another module checks. Card numbers in it are still refused. */
export const anything = (): TUnsafe => wire<unknown>({ kind: 'anything' }, {});

// Containers.

const requiredMark = Symbol('required');

export type Required<S extends TSchema = TSchema> = { readonly [requiredMark]: S };

export const required = <S extends TSchema>(schema: S): Required<S> => ({
  [requiredMark]: schema,
});

export type Fields = Readonly<Record<string, TSchema | Required>>;

export type Properties<F extends Fields> = {
  [Name in keyof F]: F[Name] extends Required<infer S>
    ? S
    : F[Name] extends TSchema
      ? TOptional<F[Name]>
      : never;
};

export type ObjectOptions = {
  /** Groups of which at most one may be given. */
  readonly exclusive?: readonly (readonly string[])[];
};

/** A hash with known fields. What is not named is refused. */
export const object = <const F extends Fields>(
  fields: F,
  { exclusive = [] }: ObjectOptions = {},
): TObject<Properties<F>> => {
  const properties: Record<string, TSchema> = {};
  for (const [name, field] of Object.entries(fields)) {
    properties[name] = isRequired(field) ? field[requiredMark] : Type.Optional(field);
  }

  const schema = Type.Object(properties, {
    additionalProperties: false,
    ...(exclusive.length === 0 ? {} : { 'x-exclusive': exclusive }),
  });
  return schema as unknown as TObject<Properties<F>>;
};

/** The same, by the name it has in a route. */
export const parameters = object;

/** A hash whose keys the caller chooses. */
export const map = <S extends TSchema>(
  values: S,
  keysMax = 100,
): TUnsafe<Readonly<Record<string, Static<S>>>> =>
  Type.Unsafe({ type: 'object', additionalProperties: values, maxProperties: keysMax });

export const arrayOf = <S extends TSchema>(
  items: S,
  { min = 0, max = 100 }: Bounds = {},
): TUnsafe<readonly Static<S>[]> =>
  Type.Unsafe({
    type: 'array',
    items,
    maxItems: max,
    ...(min === 0 ? {} : { minItems: min }),
  });

/** One of several forms, such as a token or a hash. The first that fits the value's shape reads it. */
export const either = <const S extends readonly TSchema[]>(
  ...options: S
): TUnsafe<Static<S[number]>> =>
  wire<Static<S[number]>>({ kind: 'either', options }, { anyOf: options });

/** An empty string unsets: the handler gets null. */
export const emptyable = <S extends TSchema>(schema: S): TUnsafe<Static<S> | null> =>
  Type.Unsafe({ ...schema, 'x-emptyable': true });

/** A sentence for the reference page. */
export const described = <S extends TSchema>(description: string, schema: S): S => {
  const copy = Object.create(
    Object.getPrototypeOf(schema),
    Object.getOwnPropertyDescriptors(schema),
  ) as S;
  return Object.assign(copy, { description });
};

// Names of other times.

/**
 * An older name for another field of the same hash, `invoice_settings[default_payment_method]` for
 * one further down. The handler sees the new name only; both with different values are refused.
 */
export const alias = (target: string): TUnsafe<never> =>
  wire<never>(
    { kind: 'alias', target: target.replaceAll(']', '').split('[') },
    { deprecated: true },
  );

/** An older name that is read otherwise than what it is called today, which the handler does itself. */
export const olderName = <S extends TSchema>(target: string, schema: S): S =>
  Object.assign(described(`An older name of \`${target}\`.`, schema), { deprecated: true });

/** Accepted, and never seen by the handler. */
export const ignored = (): TUnsafe<never> => wire<never>({ kind: 'ignored' }, {});

/** What browser libraries send along. At the top of every request these are ignored by themselves. */
export const browserNoise = {
  payment_user_agent: ignored(),
  guid: ignored(),
  muid: ignored(),
  sid: ignored(),
  time_on_page: ignored(),
  referrer: ignored(),
  key: ignored(),
  _stripe_version: ignored(),
} as const;

// What many routes have in common.

export const address = () =>
  object({
    city: emptyable(text()),
    country: emptyable(text()),
    line1: emptyable(text()),
    line2: emptyable(text()),
    postal_code: emptyable(text()),
    state: emptyable(text()),
  });

/** Fields of every list; `expand` is a parameter everywhere and never declared. */
const listFields = {
  limit: wire<number>(
    { kind: 'clamped', minimum: 1, maximum: 100 },
    { type: 'integer', default: 10, minimum: 1, maximum: 100 },
  ),
  starting_after: id(),
  ending_before: id(),
} as const;

export const listParameters = <const F extends Fields>(filters: F, options: ObjectOptions = {}) =>
  object<F & typeof listFields>({ ...filters, ...listFields }, options);

export const searchParameters = () =>
  object({ query: required(text()), limit: listFields.limit, page: id() });

const isRequired = (field: TSchema | Required): field is Required => requiredMark in field;

const bounds = (minimum: number | undefined, maximum: number | undefined) => ({
  ...(minimum === undefined ? {} : { minimum }),
  ...(maximum === undefined ? {} : { maximum }),
});

function wire<T>(kind: Wire, keywords: TSchema): TUnsafe<T> {
  return Type.Unsafe<T>({ ...keywords, 'x-wire': kind });
}
