// Requests that nobody would write: every route with every parameter, right and wrong values in all
// notations, odd headers, bodies that are no bodies, methods and paths that do not exist.

import fc from 'fast-check';
import type { Route } from '#platform/http';
import { nearlyRight, type Schema } from './nearly-right.ts';

export type RandomRequest = { readonly method: string; readonly bytes: Buffer };

export type RandomWorld = {
  readonly routes: readonly Route[];
  readonly keys: readonly string[];
  /** Ids that exist. */
  readonly ids: readonly string[];
};

const nasty = fc.constantFrom(
  '',
  ' ',
  'null',
  'undefined',
  'true',
  'false',
  'NaN',
  '-0',
  '0x10',
  '1e308',
  '9'.repeat(400),
  '-1',
  '2147483648',
  '9223372036854775808',
  '253402300800',
  '1.0',
  '٣',
  "' or 1=1 --",
  "'; drop table cards.customers; --",
  '$1',
  '{}',
  '[]',
  '{"a":1}',
  '%',
  '%00',
  '%ff',
  '%e0%80%80',
  '\\u0000',
  '\0',
  '\ufeff',
  '\u202e',
  '😀',
  '\ud7ff',
  'ﬀ',
  '../../etc/passwd',
  'constructor',
  '__proto__',
  'a'.repeat(5_001),
  'x'.repeat(20_000),
  'cus_',
  `cus_${'z'.repeat(22)}`,
  'a@b.co',
  'https://example.com/?q=1',
  '2020-08-27',
  "name~'abc' AND -email:null",
  "metadata['a']:'b'",
  `${"name:'a' OR ".repeat(200)}name:'b'`,
  `'${'\\'.repeat(999)}`,
  'MTpjdXNfMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA',
);

const value = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 40 }),
  fc.integer().map(String),
  fc.double().map(String),
);

const namesOf = (schema: Schema, prefix = ''): string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = prefix === '' ? name : `${prefix}[${name}]`;
    const items = inner.items === undefined ? [] : [`${path}[]`, `${path}[0]`, `${path}[x]`];
    const inside = namesOf(inner.items ?? inner, inner.items === undefined ? path : `${path}[0]`);
    return [path, ...items, ...inside];
  });

const strangeName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    '__proto__[x]',
    'constructor[prototype][x]',
    'expand',
    'expand[]',
    'expand[0]',
    'metadata',
    'metadata[a]',
    'metadata[]',
    'metadata[a][b]',
    'created[gt]',
    'created[]',
    '[',
    ']',
    'a[',
    'a]',
    'a[[b]]',
    'a[]b',
    `a${'[b]'.repeat(30)}`,
    'key',
    '_stripe_version',
    'toString',
    'hasOwnProperty',
  ),
  fc.string({ unit: 'binary', maxLength: 15 }),
);

const escape = fc.constantFrom(
  (text: string) => encodeURIComponent(text.toWellFormed()),
  (text: string) => text.replaceAll(/[\r\n#]/g, ''),
  (text: string) => encodeURIComponent(text.toWellFormed()).replaceAll('%20', '+'),
  (text: string) =>
    text.replaceAll(/[^\w[\]]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
);

const form = (names: readonly string[]) =>
  fc
    .array(
      fc.tuple(
        fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...names, 'metadata[k]') }, strangeName),
        value,
        escape,
      ),
      { maxLength: 6 },
    )
    .map((pairs) => pairs.map(([name, text, spell]) => `${spell(name)}=${spell(text)}`).join('&'));

const json = (names: readonly string[]) =>
  fc.oneof(
    fc
      .dictionary(
        fc.constantFrom(...names.filter((name) => !name.includes('[')), 'metadata', 'planet'),
        fc.oneof(value, fc.jsonValue({ maxDepth: 4 })),
        { maxKeys: 5 },
      )
      .map((body) => JSON.stringify(body)),
    fc.json(),
    fc.constantFrom(
      '{',
      '{"a":1,"a":2}',
      '{"__proto__":{}}',
      '[]',
      'null',
      '1',
      '"x"',
      '{"name":1e999}',
      '{"name":"\\ud800"}',
      '['.repeat(5_000),
      `{"a":${'{"a":'.repeat(3_000)}`,
      `{"name":"${'x'.repeat(300_000)}"}`,
      `{"metadata":{${Array.from({ length: 1_500 }, (_, n) => `"k${n}":"v"`).join(',')}}}`,
    ),
  );

const header = (world: RandomWorld) =>
  fc.oneof(
    fc.constantFrom(...['k1', 'k2', 'k3'].map((key) => `Idempotency-Key: ${key}`)),
    fc.integer().map((n) => `Idempotency-Key: random-${n}`),
    fc.constantFrom(
      'Idempotency-Key: ',
      `Idempotency-Key: ${'k'.repeat(300)}`,
      'Stripe-Version: 2020-08-27',
      'Stripe-Version: tomorrow',
      'Stripe-Account: acct_1',
      'Stripe-Context: acct_1/acct_2',
      'Content-Encoding: gzip',
      'Accept: text/html',
      'Accept-Encoding: br',
      'Expect: 100-continue',
      'Expect: a miracle',
      'Origin: https://evil.example',
      'If-None-Match: *',
      'Range: bytes=0-1',
      'X-HTTP-Method-Override: DELETE',
      'X-Forwarded-For: 1.2.3.4',
      'Cookie: a=b',
      'Upgrade: h2c',
      `X-Long: ${'x'.repeat(9_000)}`,
      'Authorization: Bearer',
      'Authorization: Basic ====',
      `Authorization: Basic ${Buffer.from(`${world.keys[0]}:x:y`).toString('base64')}`,
    ),
    fc.stringMatching(/^X-[A-Za-z]{1,20}: [!-~]{0,50}$/),
  );

const contentType = fc.oneof(
  { weight: 4, arbitrary: fc.constant('application/x-www-form-urlencoded') },
  { weight: 4, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    ';',
    'x',
  ),
);

const method = (usual: string) =>
  fc.oneof(
    { weight: 25, arbitrary: fc.constant(usual) },
    fc.constantFrom(
      'GET',
      'POST',
      'DELETE',
      'PUT',
      'PATCH',
      'HEAD',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'FOO',
      'get',
    ),
  );

const prefixes: Readonly<Record<string, RegExp>> = {
  balance_transactions: /^txn_/,
  charges: /^ch_/,
  confirmation_tokens: /^ctoken_/,
  customers: /^cus_/,
  events: /^evt_/,
  mandates: /^mandate_/,
  payment_intents: /^pi_/,
  payment_methods: /^(?:pm|card)_/,
  refunds: /^re_/,
  setup_intents: /^seti_/,
  tokens: /^tok_/,
  webhook_endpoints: /^we_/,
};

/** Those that its path is about, where there are some. */
const idsFor = ({ path }: Route, { ids }: RandomWorld): readonly string[] => {
  const fitting = ids.filter((id) => prefixes[path.split('/')[2] ?? '']?.test(id));
  return fitting.length === 0 ? ids : fitting;
};

/** A path of the route with ids that exist, that do not, or that are none. */
const pathOf = (route: Route, world: RandomWorld) =>
  fc
    .tuple(
      fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom(...world.ids) },
        { weight: 6, arbitrary: fc.constantFrom(...idsFor(route, world)) },
        value.map((text) => encodeURIComponent(text.toWellFormed())),
        fc.stringMatching(/^[!"$-.0-;=-~]{1,30}$/),
      ),
      fc.oneof(
        { weight: 10, arbitrary: fc.constant('') },
        fc.constantFrom('/', '/x', '//', ';a', '%2f', '/..'),
      ),
    )
    .map(([id, end]) => route.path.replaceAll(/:\w+/g, id) + end);

const lostPath = fc.oneof(
  fc.constantFrom(
    '/v1',
    '/v1/',
    '/v1/nothing',
    '/v1//customers',
    '/v1/customers/search/x',
    '/v2/x',
    '//v1',
    '/v1/%',
    '/v1/customers/%zz',
    '*',
    '/v1/customers?%',
  ),
  fc.stringMatching(/^\/v1\/[!"$-~]{0,60}$/),
);

export const randomRequest = (world: RandomWorld): fc.Arbitrary<RandomRequest> =>
  // What a route is asked is made up once for each: a schema is walked through for longer than it is drawn from.
  fc.oneof(
    ...world.routes.map((route) => {
      const schema = route.parameters as unknown as Schema;
      const names = namesOf(schema);
      const right = nearlyRight(schema, world.ids);
      const pool = names.length === 0 ? ['expand[]'] : names;
      const odd = fc.record({
        method: method(route.method),
        path: fc.oneof({ weight: 8, arbitrary: pathOf(route, world) }, lostPath),
        query: fc.oneof(
          { weight: 2, arbitrary: route.method === 'POST' ? fc.constant('') : right },
          form(pool),
        ),
        key: fc.oneof(
          { weight: 20, arbitrary: fc.constantFrom(...world.keys) },
          fc.constantFrom('', 'sk_test_x', '😀'),
        ),
        type: contentType,
        body: fc.oneof(
          { weight: 4, arbitrary: right.map((text) => Buffer.from(text)) },
          form(pool).map((text) => Buffer.from(text)),
          json(pool).map((text) => Buffer.from(text)),
          fc.constant(Buffer.alloc(0)),
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        ),
        headers: fc.array(header(world), { maxLength: 3 }),
        chunked: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
      });
      // Nothing about it is wrong but what it says.
      const intact = fc.record({
        method: fc.constant(route.method),
        path: fc
          .constantFrom(...idsFor(route, world))
          .map((id) => route.path.replaceAll(/:\w+/g, id)),
        query: route.method === 'POST' ? fc.constant('') : right,
        key: fc.constant(world.keys[0] ?? ''),
        type: fc.constant('application/x-www-form-urlencoded'),
        body: right.map((text) => Buffer.from(text)),
        headers: fc.constant<string[]>([]),
        chunked: fc.constant(false),
      });
      return fc.oneof(odd, intact).map(write);
    }),
  );

const write = (parts: {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly key: string;
  readonly type: string;
  readonly body: Buffer;
  readonly headers: readonly string[];
  readonly chunked: boolean;
}): RandomRequest => {
  const { method, body, chunked } = parts;
  const isWithoutBody = method === 'GET' || method === 'HEAD';
  const sent = isWithoutBody ? Buffer.alloc(0) : body;
  const query = parts.query === '' ? '' : `?${parts.query.replaceAll(/[\0\r\n #]/g, '')}`;
  const head = [
    `${method} ${parts.path}${query} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...(parts.key === '' ? [] : [`Authorization: Bearer ${parts.key}`]),
    ...(sent.length === 0 ? [] : [`Content-Type: ${parts.type}`]),
    ...parts.headers,
    chunked && sent.length > 0 ? 'Transfer-Encoding: chunked' : `Content-Length: ${sent.length}`,
  ];
  const chunks = [
    Buffer.from(`${sent.length.toString(16)}\r\n`),
    sent,
    Buffer.from('\r\n0\r\n\r\n'),
  ];
  return {
    method,
    bytes: Buffer.concat([
      Buffer.from(`${head.join('\r\n')}\r\n\r\n`),
      ...(chunked && sent.length > 0 ? chunks : [sent]),
    ]),
  };
};
