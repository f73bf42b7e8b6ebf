// The OpenAPI document, computed from the routes: the very schemas that read requests are printed, so
// the document cannot say anything else than the server does.

import type { TSchema } from 'typebox';
import { type ErrorTable, errorCodes } from './error-codes.ts';
import type { Route } from './route.ts';
import type { Wire } from './schema.ts';

export type OpenApiOptions = {
  readonly title: string;
  readonly version: string;
  readonly publicUrl: string;
  readonly apiVersion: string;
  /** Codes of modules, beside those of the protocol. */
  readonly errors?: ErrorTable;
};

export type Json = { readonly [key: string]: unknown };

export const openApiDocument = (routes: readonly Route[], options: OpenApiOptions): Json => {
  const names = nameAnswers(routes);
  return {
    openapi: '3.1.0',
    info: {
      title: options.title,
      version: options.version,
      description: `Speaks Stripe's API as of ${options.apiVersion}. Official SDKs work after their host is changed.`,
    },
    servers: [{ url: options.publicUrl }],
    tags: [...new Set(routes.map(({ group }) => group))].map((name) => ({ name })),
    paths: pathsOf(routes, names),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'The API key as bearer token: `Authorization: Bearer sk_test_…`.',
        },
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'The API key as user name, with an empty password.',
        },
      },
      headers: {
        requestId: { description: 'Names this request in the log.', schema: { type: 'string' } },
      },
      responses: {
        error: {
          description: 'Refused or failed; `type`, `code` and `param` say why.',
          headers: { 'Request-Id': { $ref: '#/components/headers/requestId' } },
          content: { 'application/json': { schema: { $ref: '#/components/schemas/error' } } },
        },
      },
      schemas: {
        error: errorSchema({ ...errorCodes, ...options.errors }),
        ...Object.fromEntries([...names].map(([schema, name]) => [name, plainSchema(schema)])),
        ...Object.fromEntries(
          routes
            .filter(({ method }) => method === 'POST')
            .map((route) => [parametersName(route), requestSchema(route)]),
        ),
      },
    },
  };
};

/** One schema serves many routes: it is printed once, under the name of its object. */
type AnswerNames = ReadonlyMap<TSchema, string>;

const nameAnswers = (routes: readonly Route[]): AnswerNames => {
  const names = new Map<TSchema, string>();
  const taken = new Set(['error']);

  for (const { answer, object, operation } of routes) {
    if (names.has(answer)) continue;
    const name = object === undefined || taken.has(object) ? `${operation}.answer` : object;
    names.set(answer, name);
    taken.add(name);
  }
  return names;
};

const parametersName = ({ operation }: Route): string => `${operation}.parameters`;

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

const pathsOf = (routes: readonly Route[], names: AnswerNames): Json => {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, names) };
  }
  return paths;
};

const operationOf = (route: Route, names: AnswerNames): Json => {
  const schema = requestSchema(route);
  const pathParameters = pathNames(route).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', maxLength: 500 },
  }));
  const isPost = route.method === 'POST';

  return {
    operationId: route.operation,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.group],
    security: route.keys === 'public' ? [] : [{ bearer: [] }, { basic: [] }],
    parameters: [
      ...pathParameters,
      ...(isPost ? [idempotencyHeader] : queryParameters(schema)),
      versionHeader,
    ],
    ...(isPost ? { requestBody: bodyOf(schema, reference(parametersName(route))) } : {}),
    responses: {
      200: {
        description: 'Done.',
        headers: { 'Request-Id': { $ref: '#/components/headers/requestId' } },
        content: {
          'application/json': { schema: envelopeOf(route, reference(names.get(route.answer)!)) },
        },
      },
      default: { $ref: '#/components/responses/error' },
    },
  };
};

export const pathNames = ({ path }: Route): readonly string[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);

const idempotencyHeader = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Sent again with the same parameters, the first answer is repeated.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const versionHeader = {
  name: 'Stripe-Version',
  in: 'header',
  schema: { type: 'string', pattern: String.raw`^\d{4}-\d{2}-\d{2}(\.[a-z][a-z0-9_]*)?$` },
};

type ObjectSchema = Json & {
  readonly properties: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
};

/** The parameters with `expand`, which every route takes. */
export const requestSchema = (route: Route): ObjectSchema => {
  const schema = plainSchema(route.parameters) as ObjectSchema;
  const expand = {
    type: 'array',
    items: { type: 'string' },
    description: 'Fields to show whole instead of by id.',
  };
  return { ...schema, properties: { ...schema.properties, expand } };
};

const queryParameters = ({ properties, required = [] }: ObjectSchema): Json[] =>
  Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    style: 'deepObject',
    explode: true,
    schema,
  }));

const bodyOf = (schema: ObjectSchema, named: Json): Json => {
  const nested = Object.entries(schema.properties).filter(([, { type }]) => type !== 'string');
  const encoding = Object.fromEntries(
    nested.map(([name]) => [name, { style: 'deepObject', explode: true }]),
  );
  return {
    required: (schema.required ?? []).length > 0,
    content: {
      'application/x-www-form-urlencoded': { schema: named, encoding },
      'application/json': { schema: named },
    },
  };
};

/** What a route answers, in full. */
export const answerSchema = (route: Route): Json => envelopeOf(route, plainSchema(route.answer));

/** A list route declares its items; the envelope is the same for all. */
const envelopeOf = (route: Route, item: Json): Json => {
  if (route.list !== true) return item;

  const search = route.path.endsWith('/search');
  return {
    type: 'object',
    required: ['object', 'data', 'has_more', 'url', ...(search ? ['next_page'] : [])],
    properties: {
      object: { const: search ? 'search_result' : 'list' },
      data: { type: 'array', items: item },
      has_more: { type: 'boolean' },
      url: { type: 'string' },
      ...(search
        ? { next_page: { type: ['string', 'null'] }, total_count: { type: 'integer' } }
        : {}),
    },
  };
};

/**
 * The schema without our own keywords: what unsets may be an empty string, what is ignored is not
 * told, and an old name refers to the new one.
 */
const plainSchema = (schema: TSchema): Json => strip(schema as unknown as Json) ?? {};

const strip = (schema: Json): Json | null => {
  const { 'x-wire': wire, 'x-emptyable': emptyable, 'x-exclusive': exclusive, ...rest } = schema;
  const kind = (wire as Wire | undefined)?.kind;
  if (kind === 'ignored') return null;
  if (kind === 'alias') {
    const [first = '', ...more] = (wire as Extract<Wire, { kind: 'alias' }>).target;
    const target = first + more.map((each) => `[${each}]`).join('');
    return { deprecated: true, description: `An older name of \`${target}\`.` };
  }

  const plain: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(rest))
    plain[keyword] = stripKeyword(keyword, value);
  if (exclusive !== undefined) plain['description'] = exclusiveText(exclusive, rest['description']);

  const unsets = emptyable !== undefined || kind === 'metadata';
  if (!unsets) return plain;
  const { description, ...value } = plain;
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [value, { const: '', description: 'Unsets it.' }],
  };
};

const stripKeyword = (keyword: string, value: unknown): unknown => {
  if (keyword === 'properties' || keyword === 'patternProperties') {
    const entries = Object.entries(value as Record<string, Json>)
      .map(([name, schema]) => [name, strip(schema)] as const)
      .filter(([, schema]) => schema !== null);
    return Object.fromEntries(entries);
  }
  if (keyword === 'anyOf' || keyword === 'allOf' || keyword === 'oneOf') {
    return (value as Json[]).map((each) => strip(each));
  }
  const isSchema = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isSchema && (keyword === 'items' || keyword === 'additionalProperties')) {
    return strip(value as Json);
  }
  return value;
};

const exclusiveText = (groups: unknown, description: unknown): string =>
  [
    ...(typeof description === 'string' ? [description] : []),
    ...(groups as readonly (readonly string[])[]).map(
      (group) => `At most one of: ${group.join(', ')}.`,
    ),
  ].join(' ');

const errorSchema = (table: ErrorTable): Json => {
  const text = { type: 'string' };
  return {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['type', 'message'],
        properties: {
          type: {
            enum: ['api_error', 'card_error', 'idempotency_error', 'invalid_request_error'],
          },
          message: text,
          code: { ...text, examples: Object.keys(table).toSorted() },
          decline_code: text,
          param: text,
          doc_url: text,
          charge: text,
          payment_intent: { type: 'object' },
          payment_method: { type: 'object' },
          payment_method_type: text,
          setup_intent: { type: 'object' },
          source: { type: 'object' },
          advice_code: text,
          network_advice_code: text,
          network_decline_code: text,
        },
      },
    },
  };
};
