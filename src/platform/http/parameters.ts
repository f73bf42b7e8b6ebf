// From what was sent to typed values. The schema of a route is compiled once into readers; a request
// is walked once. All unknown names are told together and first; of other faults the first is told:
// what is missing, then what has a wrong form, then what excludes each other.

import { isDeepStrictEqual } from 'node:util';
import type { TObject, TSchema } from 'typebox';
import type { ApiError } from './errors.ts';
import type { Raw, RawMap } from './raw.ts';
import { nested } from './raw.ts';
import {
  cardNumberRefused,
  emptyParameter,
  onlyOneOf,
  parameterMissing,
  parametersExclusive,
  parametersUnknown,
  shapeInvalid,
  valueInvalid,
} from './refusals.ts';
import { type Faults, type Reader, readerOfScalar } from './scalars.ts';
import type { Wire } from './schema.ts';
import { arrayOf, browserNoise, text } from './schema.ts';
import { containsCardNumber } from './sensitive.ts';

export type Parameters = Readonly<Record<string, unknown>>;

export type Parsed = {
  readonly values: Parameters;
  /** The paths of `expand`, a parameter of every route. */
  readonly expand: readonly string[];
  /** Of what came by an older name, which one: a refusal says it as it was asked. */
  readonly called?: ReadonlyMap<string, string>;
};

export type ParameterReader = (raw: RawMap) => Parsed;

/** Compiled once per route; throws the refusal of what it cannot read. */
export const compileParameters = (schema: TObject): ParameterReader => {
  const read = hashReader(schema, true);

  return (raw) => {
    if (raw.size === 0 && requiredNames(schema).length === 0) return { values: {}, expand: [] };

    const called = new Map<string, string>();
    const faults: Faults = { unknown: [], missing: null, form: null, exclusive: null, called };
    const { expand = [], ...values } = read(raw, '', faults) as Record<string, unknown>;
    throwFirst(faults);
    const names = called.size === 0 ? {} : { called };
    return { values, expand: expand as readonly string[], ...names };
  };
};

const throwFirst = ({ unknown, missing, form, exclusive }: Faults): void => {
  if (unknown.length > 0) throw parametersUnknown(unknown);
  const first: ApiError | null = missing ?? form ?? exclusive;
  if (first !== null) throw first;
};

/** A reader for any schema. An empty string unsets where that is possible, and is refused elsewhere. */
const readerOf = (schema: TSchema): Reader => {
  const read = readerOfFilled(schema);
  const wire = wireOf(schema);
  if (wire?.kind === 'ignored' || wire?.kind === 'anything') return read;

  const emptyable = 'x-emptyable' in schema || wire?.kind === 'metadata';
  return (raw, name, faults) => {
    if (raw !== '' && raw !== null) return read(raw, name, faults);
    if (emptyable) return null;
    faults.form ??= emptyParameter(name);
    return undefined;
  };
};

const readerOfFilled = (schema: TSchema): Reader => {
  const wire = wireOf(schema);
  if (wire?.kind === 'ignored') return () => undefined;
  if (wire?.kind === 'either') return eitherReader(wire.options);
  if (wire?.kind === 'anything') return readAnything;
  if (wire !== undefined) return readerOfScalar(wire);

  const keywords = schema as {
    type?: string;
    properties?: unknown;
    additionalProperties?: unknown;
  };
  if (keywords.type === 'array') return arrayReader(schema as unknown as ArraySchema);
  if (keywords.type === 'object' && keywords.properties !== undefined) {
    return hashReader(schema as TObject, false);
  }
  if (keywords.type === 'object') return mapReader(schema as unknown as MapSchema);
  return readerOfScalar(plainWire(schema));
};

type Alias = { readonly name: string; readonly target: readonly string[]; readonly read: Reader };

const hashReader = (schema: TObject, top: boolean): Reader => {
  const properties: Record<string, TSchema> = top
    ? { ...browserNoise, expand: arrayOf(text(), { max: 100 }), ...schema.properties }
    : schema.properties;
  const aliases = aliasesOf(schema);
  const aliasNames = new Set(aliases.map(({ name }) => name));
  const readers = new Map(
    Object.entries(properties)
      .filter(([name]) => !aliasNames.has(name))
      .map(([name, property]) => [name, readerOf(property)]),
  );
  const demanded = requiredNames(schema);
  const exclusive = (schema as { 'x-exclusive'?: readonly (readonly string[])[] })['x-exclusive'];

  return (raw, name, faults) => {
    if (!(raw instanceof Map)) {
      faults.form ??= shapeInvalid('object', name);
      return undefined;
    }

    const values: Record<string, unknown> = {};
    for (const [key, sent] of raw) {
      const read = readers.get(key);
      if (read === undefined) {
        if (!aliasNames.has(key)) faults.unknown.push(nested(name, key));
        continue;
      }
      const value = read(sent, nested(name, key), faults);
      if (value !== undefined) values[key] = value;
    }

    for (const alias of aliases) readAlias(alias, raw, values, name, faults);
    for (const key of demanded) {
      if (!raw.has(key) && values[key] === undefined) {
        faults.missing ??= parameterMissing(nested(name, key));
      }
    }
    for (const group of exclusive ?? []) checkExclusive(group, values, name, faults);
    return values;
  };
};

/** An alias is read as what it stands for, so its target's schema is found once, here. */
const aliasesOf = (schema: TObject): Alias[] => {
  const aliases: Alias[] = [];

  for (const [name, property] of Object.entries(schema.properties)) {
    const wire = wireOf(property);
    if (wire?.kind !== 'alias') continue;

    let target: TSchema | undefined = schema;
    for (const segment of wire.target) {
      target = (target as Partial<TObject> | undefined)?.properties?.[segment];
    }
    if (target === undefined) throw new Error(`The alias ${name} has no target.`);
    aliases.push({ name, target: wire.target, read: readerOf(target) });
  }
  return aliases;
};

const readAlias = (
  alias: Alias,
  raw: RawMap,
  values: Record<string, unknown>,
  name: string,
  faults: Faults,
): void => {
  const sent = raw.get(alias.name);
  if (sent === undefined) return;

  const oldName = nested(name, alias.name);
  const value = alias.read(sent, oldName, faults);
  if (value === undefined) return;

  const parents = alias.target.slice(0, -1);
  const last = alias.target.at(-1)!;
  let holder = values;
  for (const parent of parents) {
    holder[parent] ??= {};
    holder = holder[parent] as Record<string, unknown>;
  }

  const present = holder[last];
  const newName = alias.target.reduce(nested, name);
  if (present === undefined) {
    holder[last] = value;
    faults.called.set(newName, oldName);
  } else if (!isDeepStrictEqual(present, value)) {
    faults.exclusive ??= parametersExclusive([newName, oldName]);
  }
};

const checkExclusive = (
  group: readonly string[],
  values: Record<string, unknown>,
  name: string,
  faults: Faults,
): void => {
  const given = group.filter((key) => values[key] !== undefined && values[key] !== null);
  if (given.length < 2) return;
  faults.exclusive ??= onlyOneOf(given.map((key) => nested(name, key)));
};

type ArraySchema = { items: TSchema; maxItems?: number; minItems?: number };

const arrayReader = ({ items, maxItems = 100, minItems = 0 }: ArraySchema): Reader => {
  const readItem = readerOf(items);

  return (raw, name, faults) => {
    const elements = elementsOf(raw);
    if (elements === null) {
      faults.form ??= shapeInvalid('array', name);
      return undefined;
    }
    if (elements.length > maxItems || elements.length < minItems) {
      const limit = elements.length > maxItems ? `at most ${maxItems}` : `at least ${minItems}`;
      faults.form ??= valueInvalid('array', name, `must have ${limit} elements`);
      return undefined;
    }
    return elements.map((element, index) => readItem(element, nested(name, index), faults));
  };
};

/** `a[]` gives a list; `a[0]` a map whose names are indices, in any order and with gaps. */
const elementsOf = (raw: Raw): readonly Raw[] | null => {
  if (Array.isArray(raw)) return raw;
  if (!(raw instanceof Map)) return null;

  const indexed: { index: number; element: Raw }[] = [];
  for (const [key, element] of raw) {
    if (!/^(?:0|[1-9]\d{0,8})$/.test(key)) return null;
    indexed.push({ index: Number(key), element });
  }
  return indexed.sort((a, b) => a.index - b.index).map(({ element }) => element);
};

type MapSchema = { additionalProperties?: TSchema; maxProperties?: number };

const mapReader = ({ additionalProperties, maxProperties = 100 }: MapSchema): Reader => {
  const readValue = readerOf(additionalProperties ?? text());

  return (raw, name, faults) => {
    if (!(raw instanceof Map) || raw.size > maxProperties) {
      faults.form ??= shapeInvalid('object', name);
      return undefined;
    }

    const entries: [key: string, value: unknown][] = [];
    for (const [key, sent] of raw) {
      if (containsCardNumber(key)) faults.form ??= cardNumberRefused(name);
      const value = readValue(sent, nested(name, key), faults);
      if (value !== undefined) entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  };
};

/** The option whose shape fits; among scalars the first that takes the value, else the last's text. */
const eitherReader = (options: readonly TSchema[]): Reader => {
  const readers = options.map((option) => ({ read: readerOf(option), shape: shapeOf(option) }));

  return (raw, name, faults) => {
    const fitting = readers.filter(({ shape }) => fits(raw, shape));
    const candidates = fitting.length > 0 ? fitting : readers;

    for (const [at, { read }] of candidates.entries()) {
      const { called } = faults;
      const trial: Faults = { unknown: [], missing: null, form: null, exclusive: null, called };
      const value = read(raw, name, trial);
      const clean = trial.unknown.length === 0 && !trial.missing && !trial.form && !trial.exclusive;
      if (clean) return value;

      if (at === candidates.length - 1) {
        faults.unknown.push(...trial.unknown);
        faults.missing ??= trial.missing;
        faults.form ??= trial.form;
        faults.exclusive ??= trial.exclusive;
      }
    }
    return undefined;
  };
};

type Shape = 'scalar' | 'hash' | 'list' | 'range';

const shapeOf = (schema: TSchema): Shape => {
  const { type } = schema as { type?: string };
  const kind = wireOf(schema)?.kind;
  if (kind === 'timestampRange') return 'range';
  if (type === 'array') return 'list';
  return type === 'object' ? 'hash' : 'scalar';
};

const fits = (raw: Raw, shape: Shape): boolean => {
  if (raw instanceof Map)
    return shape !== 'scalar' && (shape !== 'list' || elementsOf(raw) !== null);
  if (Array.isArray(raw)) return shape === 'list';
  return shape === 'scalar' || shape === 'range';
};

const readAnything: Reader = (raw, name, faults) => {
  if (raw instanceof Map) {
    return Object.fromEntries(
      [...raw].map(([key, sent]) => {
        if (containsCardNumber(key)) faults.form ??= cardNumberRefused(name);
        return [key, readAnything(sent, nested(name, key), faults)];
      }),
    );
  }
  if (Array.isArray(raw)) {
    return raw.map((sent, index) => readAnything(sent, nested(name, index), faults));
  }
  if (raw === '' || raw === null) return null;
  return readAnyText(raw, name, faults);
};

const readAnyText = readerOfScalar({ kind: 'text', maxLength: 100_000, cards: 'refuse' });

const requiredNames = (schema: TObject): readonly string[] =>
  (schema as { required?: readonly string[] }).required ?? [];

const wireOf = (schema: TSchema): Wire | undefined => (schema as { 'x-wire'?: Wire })['x-wire'];

/** Plain TypeBox schemas travel too, by their standard keywords. */
const plainWire = (schema: TSchema): Wire => {
  const { type, maxLength, minimum, maximum, ...rest } = schema as {
    type?: string;
    maxLength?: number;
    minimum?: number;
    maximum?: number;
    enum?: readonly string[];
  };
  if (rest.enum !== undefined) return { kind: 'oneOf', values: rest.enum };
  if (type === 'boolean') return { kind: 'boolean' };
  if (type === 'string') return { kind: 'text', maxLength: maxLength ?? 5_000, cards: 'refuse' };
  if (type === 'integer') {
    return {
      kind: 'integer',
      minimum: minimum ?? Number.MIN_SAFE_INTEGER,
      maximum: maximum ?? Number.MAX_SAFE_INTEGER,
    };
  }
  throw new Error(`A parameter's schema cannot be read from a request: ${JSON.stringify(schema)}`);
};
