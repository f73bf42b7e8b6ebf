// Whatever arrives, the answer is a value or a 400, and it comes soon: no body may cause a bug, and
// none may hold the process.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { Type } from 'typebox';
import { processorMs } from '../../kit/context/for-tests.ts';
import { canonicalText } from './canonical.ts';
import { ApiError } from './errors.ts';
import { decodeForm } from './form.ts';
import { parseJson } from './json.ts';
import { compileParameters } from './parameters.ts';
import { route } from './route.ts';
import {
  address,
  amount,
  arrayOf,
  boolean,
  currency,
  decimal,
  email,
  emptyable,
  id,
  metadata,
  object,
  oneOf,
  parameters,
  text,
  timestampRange,
  url,
} from './schema.ts';
import type { TestServer } from './testing.ts';
import { startTestServer } from './testing.ts';

const full = process.env['TOLLGATE_TEST_FULL'] !== undefined;
const runs = full ? 100_000 : 1_500;

const schema = parameters({
  amount: amount(),
  address: emptyable(address()),
  confirm: boolean(),
  created: timestampRange(),
  currency: currency(),
  email: email(),
  items: arrayOf(object({ price: id(), quantity: amount(), tax: decimal() })),
  metadata: metadata(),
  mode: oneOf('a', 'b'),
  name: emptyable(text(100)),
  url: url(),
});
const read = compileParameters(schema);

const names = [
  'amount',
  'address',
  'confirm',
  'created',
  'currency',
  'email',
  'items',
  'metadata',
  'mode',
  'name',
  'url',
  'expand',
  '0',
  '1',
  'price',
  'city',
  'gt',
  '__proto__',
  'constructor',
  'toString',
  'length',
  '',
];
const anyName = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...names) },
  fc.string({ maxLength: 20 }),
);
const anyScalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.constantFrom(
    '1',
    '-1',
    '0',
    'true',
    '',
    'usd',
    '1e3',
    '9007199254740993',
    '4242 4242 4242 4242',
    'a@b.co',
    '\0',
    '%',
    '\ud800',
  ),
  fc.integer().map(String),
);
const bracketed = fc
  .tuple(anyName, fc.array(anyName, { maxLength: 4 }))
  .map(([base, rest]) => base + rest.map((each) => `[${each}]`).join(''));
const encoded = (part: fc.Arbitrary<string>) =>
  fc
    .tuple(part, fc.boolean())
    .map(([each, escape]) => (escape ? encodeURIComponent(each.toWellFormed()) : each));

const anyForm = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(fc.tuple(encoded(bracketed), encoded(anyScalar)), { maxLength: 12 })
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&')),
);
const anyJson = fc.oneof(
  fc.string({ maxLength: 100 }),
  fc.json({ maxDepth: 6 }),
  fc
    .object({
      key: anyName,
      maxDepth: 4,
      values: [anyScalar, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)],
    })
    .map((value) => JSON.stringify(value)),
);

/** Of the processor. Far above what parsing needs, far below what anything but linear would take. */
const slowMs = 1_000;
let slowest = 0;

const valueOrRefusal = (work: () => unknown): unknown => {
  let result: unknown;
  const spentMs = processorMs(() => {
    try {
      result = work();
    } catch (error) {
      result = error;
    }
  });
  slowest = Math.max(slowest, spentMs);
  if (!(result instanceof Error)) return result;
  assert.ok(result instanceof ApiError && result.status === 400, String(result));
  assert.doesNotMatch(result.message, /4242 4242 4242 4242/);
  return result;
};

describe('any body', () => {
  test('as a form is values or a 400', () => {
    fc.assert(
      fc.property(anyForm, (form) => void valueOrRefusal(() => read(decodeForm(form)))),
      { numRuns: runs },
    );
  });

  test('as JSON is values or a 400', () => {
    fc.assert(
      fc.property(anyJson, (json) => void valueOrRefusal(() => read(parseJson(json)))),
      { numRuns: runs },
    );
  });

  test('leaves the prototype of everything as it was', () => {
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    for (const form of [
      '__proto__[polluted]=1',
      'metadata[__proto__][polluted]=1',
      'metadata[__proto__]=1',
      'metadata[constructor][prototype][polluted]=1',
    ]) {
      valueOrRefusal(() => read(decodeForm(form)));
    }
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  const size = 250_000;
  const bombs: readonly [what: string, work: () => unknown][] = [
    ['a long name', () => read(decodeForm(`${'a'.repeat(size)}=1`))],
    ['a long value', () => read(decodeForm(`name=${'a'.repeat(size)}`))],
    ['open brackets', () => read(decodeForm('['.repeat(size)))],
    ['pairs of brackets', () => read(decodeForm(`a${'[]'.repeat(size / 2)}`))],
    ['ampersands', () => read(decodeForm('&'.repeat(size)))],
    ['equals signs', () => read(decodeForm('='.repeat(size)))],
    ['percent signs', () => read(decodeForm(`name=${'%'.repeat(size)}`))],
    ['escapes', () => read(decodeForm(`name=${'%41'.repeat(size / 3)}`))],
    ['pluses', () => read(decodeForm(`name=${'+'.repeat(size)}`))],
    ['elements that each open a new one', () => read(decodeForm('items[][price]=1&'.repeat(999)))],
    ['deep elements', () => read(decodeForm(`items[]${'[a]'.repeat(17)}=1&`.repeat(999)))],
    ['digits', () => read(decodeForm(`name=${'4242 '.repeat(size / 5)}`))],
    ['digits in an amount', () => read(decodeForm(`amount=${'1'.repeat(size)}`))],
    ['digits in a decimal', () => read(parseJson(`{"items":[{"tax":${'1'.repeat(size)}.5}]}`))],
    ['an e-mail of dots', () => read(decodeForm(`email=a@${'a.'.repeat(size / 2)}`))],
    ['an e-mail of at signs', () => read(decodeForm(`email=${'@'.repeat(size)}`))],
    ['a URL of braces', () => read(decodeForm(`url=http://${'{'.repeat(size)}`))],
    ['JSON brackets', () => read(parseJson(`{"a":${'['.repeat(size)}`))],
    ['JSON space', () => read(parseJson(`{${' '.repeat(size)}`))],
    ['JSON backslashes', () => read(parseJson(`{"a":"${'\\'.repeat(size)}`))],
    ['JSON escapes', () => read(parseJson(`{"name":"${'\\u0041'.repeat(size / 6)}"}`))],
    ['JSON names', () => read(parseJson(`{"${'a'.repeat(size)}":{"${'b'.repeat(10)}":1}}`))],
  ];
  for (const [what, work] of bombs) {
    test(`of ${what} is over soon`, () => {
      const spentMs = processorMs(() => void valueOrRefusal(work));
      assert.ok(spentMs < slowMs, `${spentMs} ms`);
    });
  }

  after(() => assert.ok(slowest < slowMs, `The slowest took ${slowest} ms.`));
});

describe('the canonical text of a request', () => {
  const things = route({
    method: 'POST',
    path: '/v1/things',
    operation: 'things.create',
    summary: '',
    group: '',
    keys: 'secret',
    parameters: schema,
    answer: Type.Object({}),
    handle: () => Promise.reject(new Error('never')),
  });
  const canonical = (raw: Parameters<typeof read>[0]) =>
    canonicalText(things, {}, '2026-10-28.endive', read(raw));

  const word = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((each) => !/\d{5}|\0/.test(each) && each.isWellFormed());
  /** One character, or a letter and its accents. */
  const accented = fc.constantFrom('café', 'Å', 'q̣̇', '각', 'Ω', 'naïve');
  const request = fc.record(
    {
      amount: fc.integer({ min: 1, max: 99_999_999 }),
      confirm: fc.boolean(),
      currency: fc.constantFrom('eur', 'usd'),
      name: word,
      metadata: fc.dictionary(fc.oneof(fc.stringMatching(/^[a-z]{1,8}$/), accented), word, {
        maxKeys: 5,
      }),
      items: fc.array(
        fc.record({
          price: fc.stringMatching(/^[a-z]{1,8}$/),
          quantity: fc.integer({ min: 1, max: 9 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  );
  type Sent = Record<string, unknown>;

  const flat = (name: string, value: unknown): [string, string][] => {
    if (typeof value !== 'object' || value === null) return [[name, String(value)]];
    return Object.entries(value).flatMap(([key, inner]) =>
      flat(name === '' ? key : `${name}[${key}]`, inner),
    );
  };
  const sorted = (sent: Sent) =>
    JSON.stringify(flat('', sent).sort(([a], [b]) => (a < b ? -1 : 1))).normalize('NFC');
  const respelled = (sent: Sent, form: 'NFC' | 'NFD'): Sent =>
    JSON.parse(JSON.stringify(sent).normalize(form)) as Sent;
  /** Numbers and booleans as text, and the currency in capitals. */
  const asText = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return String(value);
    if (Array.isArray(value)) return value.map(asText);
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asText(each)]));
  };
  const formOf = (sent: Sent, plus: boolean, escapeBrackets: boolean, reversed: boolean) => {
    const pairs = flat('', sent).map(([name, value]) => {
      const escaped = encodeURIComponent(value);
      const key = encodeURIComponent(name);
      return `${escapeBrackets ? key : decodeURIComponent(key)}=${plus ? escaped.replaceAll('%20', '+') : escaped}`;
    });
    return (reversed ? pairs.reverse() : pairs).join('&');
  };

  test('is equal for equal meaning, as form or JSON and in any order', () => {
    fc.assert(
      fc.property(request, fc.boolean(), fc.boolean(), (sent, plus, escapeBrackets) => {
        const { metadata: none, ...rest } = sent as Sent;
        const given =
          none === undefined || Object.keys(none as object).length === 0
            ? rest
            : { ...rest, metadata: none };
        const forward = canonical(decodeForm(formOf(given, plus, escapeBrackets, false)));
        assert.equal(canonical(decodeForm(formOf(given, !plus, !escapeBrackets, true))), forward);
        assert.equal(canonical(parseJson(JSON.stringify(given))), forward);
        const { currency: code, ...others } = asText(given) as { currency?: string };
        const shouted = { ...others, ...(code ? { currency: code.toUpperCase() } : {}) };
        assert.equal(canonical(parseJson(JSON.stringify(shouted))), forward);
        for (const form of ['NFC', 'NFD'] as const) {
          const other = respelled(given, form);
          assert.equal(canonical(decodeForm(formOf(other, plus, escapeBrackets, true))), forward);
        }
      }),
      { numRuns: full ? runs : 400 },
    );
  });

  test('tells names apart that look alike', () => {
    const [one, two] = ['\u00e9', 'e\u0301'] as const;
    const of = (first: string, second: string) =>
      canonical(parseJson(JSON.stringify({ metadata: { [one]: first, [two]: second } })));
    assert.equal(of('a', 'b'), of('a', 'b'));
    assert.notEqual(of('a', 'b'), of('b', 'a'));
    assert.notEqual(of('a', 'b'), of('c', 'b'));
  });

  test('is different for different meaning', () => {
    fc.assert(
      fc.property(request, request, (a, b) => {
        const same = sorted(a) === sorted(b);
        const emptyA = canonical(parseJson(JSON.stringify({ ...a, metadata: a.metadata ?? {} })));
        const emptyB = canonical(parseJson(JSON.stringify({ ...b, metadata: b.metadata ?? {} })));
        assert.equal(emptyA === emptyB, same);
      }),
      { numRuns: runs },
    );
  });
});

describe('any request over HTTP', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      routes: [
        route({
          method: 'POST',
          path: '/v1/things/:thing',
          operation: 'things.update',
          summary: 'Update',
          group: 'Things',
          object: 'thing',
          keys: 'secret',
          parameters: schema,
          answer: Type.Object({}),
          handle: async (_context, request) => ({ body: { ...request.parameters } }),
        }),
      ],
    });
  });
  after(() => server.close());

  const header = fc.stringMatching(/^[\x21-\x7e\x80-\xff]{0,300}$/);
  const pathPart = fc.stringMatching(/^[\x21\x24-\x7e]{0,40}$/);

  test('is never our fault', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyForm,
        anyJson,
        fc.boolean(),
        header,
        pathPart,
        async (form, json, asJson, value, part) => {
          const headers = {
            'Idempotency-Key': value,
            ...(asJson ? { 'content-type': 'application/json' } : {}),
          };
          const { status, body } = await server.ask('POST', `/v1/things/${part}`, {
            form: asJson ? json : form,
            headers,
          });
          assert.ok(status === 200 || (status >= 400 && status < 500), `${status}`);
          assert.ok(status === 200 || typeof body.error.message === 'string');
        },
      ),
      { numRuns: full ? 20_000 : 300 },
    );
  });
});
