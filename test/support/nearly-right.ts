// Forms that a handler gets to see: what a route demands and some of what it takes, each of the kind that it reads and of
// ids that exist. What is wrong with them is what no schema says.

import fc from 'fast-check';

export type Schema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly 'x-wire'?: {
    readonly kind: string;
    readonly values?: readonly string[];
    readonly options?: readonly Schema[];
    readonly minimum?: number;
  };
};

type Pair = readonly [name: string, value: string];

const nothing: fc.Arbitrary<readonly Pair[]> = fc.constant([]);
const whole = fc.oneof(
  fc.constantFrom('0', '1', '99', '100', '1000', '999999999999'),
  fc.integer({ min: 0, max: 5_000 }).map(String),
);
const scalars: Readonly<Record<string, fc.Arbitrary<string>>> = {
  integer: whole,
  clamped: whole,
  boolean: fc.constantFrom('true', 'false'),
  decimal: fc.constantFrom('1', '12.5', '-3'),
  timestampRange: fc.constantFrom('0', '1800000000'),
  email: fc.constantFrom('jenny@example.com', 'a@b.co'),
  url: fc.constantFrom('https://shop.test/back', 'http://127.0.0.1:1/'),
  currency: fc.constantFrom('eur', 'usd', 'jpy', 'kwd'),
};
const words = [
  'card',
  'ideal',
  'off_session',
  'automatic',
  'manual',
  'x',
  '12',
  "created>0 AND status:'x'",
];

/** Of one parameter, at its name. */
const pairsOf = (schema: Schema, name: string, ids: readonly string[]): fc.Arbitrary<Pair[]> => {
  const wire = schema['x-wire'];
  const says = (value: fc.Arbitrary<string>) => value.map((text): Pair[] => [[name, text]]);
  if (wire?.kind === 'either') {
    return fc.oneof(...(wire.options ?? []).map((option) => pairsOf(option, name, ids)));
  }
  if (wire?.kind === 'metadata') return fc.constant([[`${name}[a]`, 'b']]);
  const values = wire?.values ?? schema.enum;
  if (values !== undefined) return says(fc.constantFrom(...values));
  const scalar = scalars[wire?.kind ?? schema.type ?? ''];
  if (scalar !== undefined) return says(scalar);
  if (schema.items !== undefined) return pairsOf(schema.items, `${name}[0]`, ids);
  if (schema.properties !== undefined) return pairsIn(schema, name, ids);
  return says(fc.oneof(fc.constantFrom(...ids), fc.constantFrom(...words)));
};

/** All that is demanded, and up to three more. */
const pairsIn = (
  { properties = {}, required = [] }: Schema,
  prefix: string,
  ids: readonly string[],
): fc.Arbitrary<Pair[]> => {
  const at = (name: string) => (prefix === '' ? name : `${prefix}[${name}]`);
  const others = Object.keys(properties).filter((name) => !required.includes(name));
  const more =
    others.length === 0
      ? fc.constant<string[]>([])
      : fc.uniqueArray(fc.constantFrom(...others), { maxLength: 3 });
  return more
    .chain((names) =>
      fc.tuple(
        nothing,
        ...[...required, ...names].map((name) => pairsOf(properties[name] ?? {}, at(name), ids)),
      ),
    )
    .map((parts) => parts.flat());
};

export const nearlyRight = (schema: Schema, ids: readonly string[]): fc.Arbitrary<string> =>
  pairsIn(schema, '', ids).map((pairs) =>
    pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&'),
  );
