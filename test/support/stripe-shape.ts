// Whether a body is what the SDK's types say, field by field: nothing missing, nothing unknown,
// nothing expanded that was not asked for. Enums are closed: a misspelt status fails.

import assert from 'node:assert/strict';
import type { Call } from './stripe-calls.ts';
import {
  argumentOf,
  declaredIn,
  type Field,
  lookUp,
  splitTop,
  type TypeText,
} from './stripe-types.ts';

export type ShapeOptions = {
  /** Paths that were expanded, as they were asked for: `tax_ids`, `data.tax_ids`. */
  readonly expanded?: readonly string[];
};

/** Absent unless expanded, although the types only call some of them optional. */
const includable = new Set([
  'Charge.refunds',
  'Customer.cash_balance',
  'Customer.invoice_credit_balance',
  'Customer.sources',
  'Customer.subscriptions',
  'Customer.tax',
  'Customer.tax_ids',
]);

const ofEachCard = ['description', 'iin', 'issuer'];

/** What Stripe's types call nullable and its answers leave out, and so do ours. */
const leftOut = new Set([
  // Only charges have these of a shipping address; customers cannot be given them.
  'Customer.Shipping.carrier',
  'Customer.Shipping.tracking_number',
  // "For internal use only and not typically available in standard API requests."
  ...['PaymentMethod', 'PaymentMethodDetails', 'PaymentMethodPreview'].flatMap((holder) =>
    ofEachCard.map((name) => `${holder}.Card.${name}`),
  ),
  // Whether an order came by mail or telephone is not shown by ours yet.
  'PaymentMethodDetails.Card.moto',
  // Of cards that money is paid out to.
  'Card.account',
  'Card.allow_redisplay',
  'Card.available_payout_methods',
  'Card.currency',
  'Card.default_for_currency',
  'Card.status',
  'DeletedCard.currency',
  // A token's card is nobody's yet.
  'Card.customer',
]);

/** `assertShape(body, 'resources/Customers.d.ts', 'Customer')` */
export const assertShape = (
  value: unknown,
  file: string,
  name: string,
  options: ShapeOptions = {},
): void => {
  declaredIn(file, name);
  const faults = faultsOf(value, { text: name, at: { file, path: [] } }, '', {
    expanded: new Set(options.expanded ?? []),
    named: name,
  });
  assert.deepEqual(faults, [], `Not a ${name} of the SDK`);
};

/** Against what the SDK says that this call answers. */
export const assertAnswer = (value: unknown, { answers, envelope }: Call): void => {
  const assertOne = (one: unknown): void => {
    if (answers.text === 'Event') return assertEvent(one as { readonly type: string });
    const faults = faultsOf(one, answers, '', { expanded: new Set(), named: answers.text });
    assert.deepEqual(faults, [], `Not a ${answers.text} of the SDK`);
  };
  if (envelope === null) assertOne(value);
  else assertList(value, assertOne, envelope);
};

export const assertCustomer = (value: unknown, options?: ShapeOptions): void =>
  assertShape(value, 'resources/Customers.d.ts', 'Customer', options);

export const assertDeletedCustomer = (value: unknown): void =>
  assertShape(value, 'resources/Customers.d.ts', 'DeletedCustomer');

/** Against the type of exactly this kind: `customer.updated` is a CustomerUpdatedEvent. */
export const assertEvent = (value: { readonly type: string }): void => {
  const name = value.type.replaceAll(/(?:^|[._])(\w)/g, (_, letter: string) =>
    letter.toUpperCase(),
  );
  assertShape(value, 'resources/Events.d.ts', `${name}Event`);
};

export const assertList = (
  value: unknown,
  assertItem: (item: unknown) => void,
  envelope: 'ApiList' | 'ApiSearchResult' = 'ApiList',
): void => {
  assertShape(value, 'lib.d.ts', envelope);
  for (const item of (value as { data: readonly unknown[] }).data) assertItem(item);
};

type Walk = {
  readonly expanded: ReadonlySet<string>;
  /** The name of the interface around, for the list of includable fields. */
  readonly named: string;
  readonly partial?: boolean;
};

const faultsOf = (value: unknown, type: TypeText, path: string, walk: Walk): string[] => {
  const options = splitTop(type.text, '|').filter((option) => option !== 'OtherString');
  const ids = options.includes('string');
  const unfit = [`${path}: ${JSON.stringify(value)} is not ${type.text}`];
  let faults = unfit;

  for (const text of options) {
    // An id and the object it stands for are both allowed by the type; which one, by what was asked.
    const isReference = ids && /^[A-Z]/.test(text);
    if (isReference && !walk.expanded.has(plainPath(path))) continue;
    if (ids && text === 'string' && typeof value !== 'string') continue;

    const found = faultsOfOne(value, { ...type, text }, path, walk);
    if (found.length === 0) return [];
    const isNearer = faults === unfit || found.length < faults.length;
    if (typeof value === 'object' && value !== null && text !== 'null' && isNearer) faults = found;
  }
  return faults;
};

const faultsOfOne = (value: unknown, type: TypeText, path: string, walk: Walk): string[] => {
  const { text } = type;
  const wrong = [`${path}: ${JSON.stringify(value)} is not ${text}`];
  if (text === 'null') return value === null ? [] : wrong;
  if (text === 'number') return Number.isSafeInteger(value) ? [] : wrong;
  if (text === 'string' || text === 'boolean') return typeof value === text ? [] : wrong;
  if (text === 'true' || text === 'false') return value === (text === 'true') ? [] : wrong;
  if (text === 'Decimal') return typeof value === 'string' ? [] : wrong;
  if (text.startsWith("'")) return value === text.slice(1, -1) ? [] : wrong;
  if (text === 'void') return wrong;
  // A map: whoever made it chose its names.
  if (text.startsWith('{')) return typeof value === 'object' && value !== null ? [] : wrong;
  // The parameter of a list's type: items are checked by whoever knows what they are.
  if (text === 'T') return [];

  const item = argumentOf(text, 'Array');
  if (item !== null) {
    if (!Array.isArray(value)) return wrong;
    return value.flatMap((each, at) =>
      faultsOf(each, { ...type, text: item }, `${path}.${at}`, walk),
    );
  }
  const partial = argumentOf(text, 'Partial');
  if (partial !== null)
    return faultsOfOne(value, { ...type, text: partial }, path, { ...walk, partial: true });
  const listed = argumentOf(text, 'ApiList');
  if (listed !== null) {
    const envelope = faultsOfOne(value, { ...type, text: 'ApiList' }, path, walk);
    const { data } = value as { data?: readonly unknown[] };
    const items = (data ?? []).flatMap((each, at) =>
      faultsOf(each, { ...type, text: listed }, `${path}.data.${at}`, walk),
    );
    return [...envelope, ...items];
  }

  const found = lookUp(type);
  if (found === null) return [`${path}: the SDK's type ${text} was not found`];
  if (found.kind === 'alias') return faultsOf(value, found.type, path, walk);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong;
  const fields = value as Readonly<Record<string, unknown>>;
  if (found.index) return [];
  return faultsOfFields(fields, found.fields, path, { ...walk, named: text });
};

const faultsOfFields = (
  value: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
  path: string,
  walk: Walk,
): string[] => {
  const { partial = false, ...inside } = walk;
  const known = new Set(fields.map((field) => field.name));
  const unknown = Object.keys(value).filter((name) => !known.has(name));

  return [
    ...unknown.map((name) => `${path}.${name}: the SDK does not know this field`),
    ...fields.flatMap((field) => {
      const at = `${path}.${field.name}`;
      const isIncludable = includable.has(`${walk.named}.${field.name}`);
      const sent = value[field.name];
      if (sent !== undefined && isIncludable && !walk.expanded.has(plainPath(at))) {
        return [`${at}: included although nobody asked for it`];
      }
      if (sent === undefined) {
        const mayBeAbsent =
          partial ||
          isIncludable ||
          leftOut.has(`${walk.named}.${field.name}`) ||
          (field.optional && !isNullable(field));
        return mayBeAbsent ? [] : [`${at}: missing`];
      }
      // What changed is told nested: its parts may be absent, and old values may have been absent.
      if (partial) return sent === null ? [] : faultsOf(sent, field.type, at, walk);
      return faultsOf(sent, field.type, at, inside);
    }),
  ];
};

const isNullable = ({ type }: Field): boolean => splitTop(type.text, '|').includes('null');

/** `.data.0.tax_ids` → `data.tax_ids` */
const plainPath = (path: string): string =>
  path
    .split('.')
    .filter((segment) => segment !== '' && !/^\d+$/.test(segment))
    .join('.');
