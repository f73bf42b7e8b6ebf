// Examples for the reference page, made from schemas: a curl command with the required and the first
// few optional parameters, and an answer with every field it always has.

import type { Json } from './openapi.ts';
import { answerSchema, pathNames, requestSchema } from './openapi.ts';
import type { Route } from './route.ts';

const optionalShown = 3;

export const curlSample = (route: Route, publicUrl: string): string => {
  const path = samplePath(route);
  const fields =
    route.example === undefined
      ? usualFields(route)
      : flatten('', route.example).map(([name, value]) => line(name, value));
  const lines = [
    `curl ${publicUrl}${path}`,
    ...(route.keys === 'public' ? [] : [`-u ${route.keys === 'secret' ? 'sk' : 'pk'}_test_…:`]),
    ...(route.method === 'GET' && fields.length > 0 ? ['-G'] : []),
    ...(route.method === 'DELETE' ? ['-X DELETE'] : []),
    ...fields,
  ];
  return lines.join(' \\\n  ');
};

const usualFields = (route: Route): readonly string[] => {
  const { properties, required = [] } = requestSchema(route);
  const usual = Object.entries(properties).filter(
    ([name, schema]) => schema['deprecated'] !== true && !rarelyShown.has(name),
  );
  const demanded = usual.filter(([name]) => required.includes(name));
  const offered = usual.filter(([name]) => !required.includes(name)).slice(0, optionalShown);

  return [...demanded, ...offered].flatMap(([name, schema]) => fieldLines(name, schema));
};

const rarelyShown = new Set(['expand', 'starting_after', 'ending_before', 'page', 'created']);

const fieldLines = (name: string, schema: Json): string[] => {
  const value = sampleOf(schema, name.split('[')[0]!, 0);
  return flatten(name, value)
    .slice(0, 2)
    .map(([field, sample]) => line(field, sample));
};

const line = (field: string, value: string): string => `-d ${quoted(`${field}=${value}`)}`;

const quoted = (text: string): string =>
  /^[\w=.@/:-]+$/.test(text) ? text : `"${text.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;

const flatten = (name: string, value: unknown): [string, string][] => {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(name === '' ? key : `${name}[${key}]`, inner),
  );
};

export const answerSample = (route: Route): string => {
  const sample = answerOf(answerSchema(route), '', 0) as Record<string, unknown>;
  // A list says where it is; every other address in an answer leads elsewhere.
  if ('has_more' in sample) sample['url'] = samplePath(route);
  return JSON.stringify(sample, null, 2);
};

/** `/v1/customers/{customer}`, as people write a path with a gap. */
export const samplePath = (route: Route): string =>
  pathNames(route).reduce((so, name) => so.replace(`:${name}`, `{${name}}`), route.path);

// Values that read like the real ones, by the name of their field.
const byName: Readonly<Record<string, unknown>> = {
  amount: 1_000,
  city: 'Berlin',
  country: 'DE',
  created: 1_767_225_600,
  currency: 'eur',
  description: 'Order 1042',
  email: 'jane@example.com',
  line1: 'Torstraße 1',
  metadata: { order_id: '1042' },
  name: 'Jane Example',
  phone: '+49 30 1234567',
  postal_code: '10119',
  query: `email:'jane@example.com'`,
  url: 'https://example.com/hooks',
  api_version: '2026-10-28.endive',
};

/** What a caller would send: of alternatives the first. */
const sampleOf = (schema: Json, name: string, depth: number): unknown => {
  const given = givenValue(schema);
  if (given !== undefined) return given;
  if (Object.hasOwn(byName, name)) return byName[name];

  const alternatives = schema['anyOf'] as readonly Json[] | undefined;
  if (alternatives?.[0] !== undefined) return sampleOf(alternatives[0], name, depth);
  switch (schema['type']) {
    case 'integer':
      return Math.max(Number(schema['minimum'] ?? 1), 1);
    case 'boolean':
      return true;
    case 'array':
      return depth > 3 ? [] : [sampleOf((schema['items'] ?? {}) as Json, name, depth + 1)];
    case 'object':
      return objectSample(schema, depth, sampleOf);
    default:
      return '…';
  }
};

/** What comes back: a field that may be null is null, since most of them are. */
const answerOf = (schema: Json, name: string, depth: number): unknown => {
  const given = givenValue(schema);
  if (given !== undefined) return given;
  const alternatives = schema['anyOf'] as readonly Json[] | undefined;
  if (alternatives?.some(({ type }) => type === 'null') && !(name in byName)) return null;
  if (alternatives?.[0] !== undefined) return answerOf(alternatives[0], name, depth);
  if (Object.hasOwn(byName, name) && fitsType(byName[name], schema)) return byName[name];

  switch (schema['type']) {
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'null':
      return null;
    case 'array':
      return name === 'data' ? [answerOf((schema['items'] ?? {}) as Json, '', depth + 1)] : [];
    case 'object':
      return objectSample(schema, depth, answerOf);
    case 'string':
      return '…';
    default:
      return {};
  }
};

const fitsType = (value: unknown, { type }: Json): boolean =>
  type === undefined || (type === 'integer' ? typeof value === 'number' : typeof value === type);

const givenValue = (schema: Json): unknown => {
  const [example] = (schema['examples'] ?? []) as readonly unknown[];
  const [first] = (schema['enum'] ?? []) as readonly unknown[];
  return example ?? schema['const'] ?? first;
};

type Sampler = (schema: Json, name: string, depth: number) => unknown;

const objectSample = (schema: Json, depth: number, sampler: Sampler): unknown => {
  if (depth > 6) return {};
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Json>);
  const required = schema['required'] as readonly string[] | undefined;
  const shown =
    sampler === answerOf ? properties.filter(([name]) => required?.includes(name)) : properties;
  return Object.fromEntries(shown.map(([name, inner]) => [name, sampler(inner, name, depth + 1)]));
};
