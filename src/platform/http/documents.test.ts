import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Type } from 'typebox';
import { documentHandlers } from './documents.ts';
import { escapeHtml, html } from './html.ts';
import { openApiDocument } from './openapi.ts';
import { referencePage } from './reference-page.ts';
import { route } from './route.ts';
import {
  address,
  alias,
  amount,
  currency,
  described,
  emptyable,
  id,
  ignored,
  listParameters,
  metadata,
  oneOf,
  parameters,
  required,
  text,
  timestampRange,
} from './schema.ts';
import type { TestServer } from './testing.ts';
import { startTestServer } from './testing.ts';

const charge = Type.Object({
  id: Type.String({ examples: ['ch_1'] }),
  object: Type.Literal('charge'),
  amount: Type.Integer(),
  customer: Type.Union([Type.String(), Type.Null()]),
  refunds: Type.Optional(Type.Array(Type.String())),
});
const common = { group: 'Charges', object: 'charge', keys: 'secret', answer: charge } as const;
const nothing = () => Promise.reject(new Error('never'));

const routes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/charges',
    operation: 'charges.create',
    summary: 'Create a <charge>',
    description: 'Takes "money" & says so.',
    parameters: parameters(
      {
        amount: required(amount()),
        address: emptyable(address()),
        card: alias('source'),
        customer: id(),
        customer_account: id(),
        description: described('Shown to <b>people</b>.', emptyable(text())),
        metadata: metadata(),
        mode: oneOf('a', 'b'),
        old: ignored(),
        source: id(),
        currency: required(currency()),
      },
      { exclusive: [['customer', 'customer_account']] },
    ),
    handle: nothing,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/charges',
    operation: 'charges.list',
    example: { created: { gte: 1_767_225_600 }, limit: 3 },
    summary: 'List charges',
    list: true,
    parameters: listParameters({ created: timestampRange() }),
    handle: nothing,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/charges/:charge',
    operation: 'charges.retrieve',
    summary: 'Retrieve a charge',
    keys: 'public',
    parameters: parameters({}),
    handle: nothing,
  }),
];
const options = {
  title: 'Tollgate',
  version: '1.0.0',
  publicUrl: 'https://pay.test',
  apiVersion: '2026-10-28.endive',
  errors: {
    charge_is_blue: {
      status: 400,
      type: 'invalid_request_error',
      meaning: 'It <is> blue.',
      advice: 'Paint it.',
    },
  },
} as const;

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it expects
const document = JSON.parse(JSON.stringify(openApiDocument(routes, options))) as any;

const named = (name: string) => document.components.schemas[name];

describe('the OpenAPI document', () => {
  test('has every route as an operation', () => {
    assert.deepEqual(Object.keys(document.paths), ['/v1/charges', '/v1/charges/{charge}']);
    assert.deepEqual(Object.keys(document.paths['/v1/charges']), ['post', 'get']);
    assert.equal(document.paths['/v1/charges'].post.operationId, 'charges.create');
  });

  test('takes a body as form and as JSON, with the same schema', () => {
    const { content } = document.paths['/v1/charges'].post.requestBody;
    const form = content['application/x-www-form-urlencoded'];
    assert.deepEqual(form.schema, content['application/json'].schema);
    assert.deepEqual(form.schema, { $ref: '#/components/schemas/charges.create.parameters' });
    assert.deepEqual(named('charges.create.parameters').required, ['amount', 'currency']);
    assert.deepEqual(form.encoding.address, { style: 'deepObject', explode: true });
  });

  test('tells parameters as the server reads them', () => {
    const schema = named('charges.create.parameters');
    const { properties } = schema;
    assert.deepEqual(properties.amount, { type: 'integer', minimum: 1, maximum: 999_999_999_999 });
    assert.deepEqual(properties.mode, { type: 'string', enum: ['a', 'b'] });
    assert.deepEqual(properties.description.anyOf[1], { const: '', description: 'Unsets it.' });
    assert.deepEqual(properties.card, {
      deprecated: true,
      description: 'An older name of `source`.',
    });
    assert.equal(properties.old, undefined);
    assert.equal(properties.expand.type, 'array');
    assert.equal(schema.additionalProperties, false);
    assert.match(schema.description, /At most one of: customer, customer_account\./);
  });

  test('has no keyword of ours', () => {
    assert.doesNotMatch(JSON.stringify(document), /"x-|"~/);
  });

  test('puts the parameters of GET into the query', () => {
    const { parameters } = document.paths['/v1/charges'].get;
    const names = parameters.map((each: { name: string }) => each.name);
    assert.deepEqual(names, [
      'created',
      'limit',
      'starting_after',
      'ending_before',
      'expand',
      'Stripe-Version',
    ]);
  });

  test('wraps the items of a list in its envelope', () => {
    const { schema } = document.paths['/v1/charges'].get.responses[200].content['application/json'];
    assert.deepEqual(schema.required, ['object', 'data', 'has_more', 'url']);
    assert.deepEqual(schema.properties.data.items, { $ref: '#/components/schemas/charge' });
    assert.equal(named('charge').properties.object.const, 'charge');
  });

  test('says who needs a key, and what errors look like', () => {
    assert.deepEqual(document.paths['/v1/charges'].post.security, [{ bearer: [] }, { basic: [] }]);
    assert.deepEqual(document.paths['/v1/charges/{charge}'].get.security, []);
    const { code } = document.components.schemas.error.properties.error.properties;
    assert.ok(
      code.examples.includes('parameter_missing') && code.examples.includes('charge_is_blue'),
    );
  });
});

describe('the reference page', () => {
  const { html: page, contentSecurityPolicy } = referencePage(routes, options);

  test('has every route and every error, each to link to', () => {
    for (const { operation } of routes) {
      assert.ok(
        page.includes(`id="${operation}"`) && page.includes(`href="#${operation}"`),
        operation,
      );
    }
    assert.ok(page.includes('id="error-parameter_missing"'));
    assert.ok(page.includes('id="error-charge_is_blue"'));
  });

  test('escapes whatever it is given', () => {
    assert.ok(page.includes('Create a &lt;charge&gt;'));
    assert.ok(page.includes('Takes &quot;money&quot; &amp; says so.'));
    assert.ok(page.includes('Shown to &lt;b&gt;people&lt;/b&gt;.'));
    assert.ok(page.includes('It &lt;is&gt; blue.'));
  });

  test('names what has to be said before what may be said', () => {
    const card = page.slice(page.indexOf('id="charges.create"'));
    const flags = [
      ...card.matchAll(
        /<li><code class="name[^"]*">(\w+)<\/code>\s*<span class="type">[^<]*<\/span>(<span class="flag">)?/g,
      ),
    ];
    assert.deepEqual(
      flags.slice(0, 3).map(([, name, flag]) => [name, flag !== undefined]),
      [
        ['amount', true],
        ['currency', true],
        ['address', false],
      ],
    );
  });

  test('shows how to ask and what comes back', () => {
    assert.ok(
      page.includes(
        'curl https://pay.test/v1/charges \\\n  -u sk_test_…: \\\n  -d amount=1000 \\\n  -d currency=eur',
      ),
    );
    assert.ok(
      page.includes(escapeHtml('"object": "charge",\n  "amount": 1000,\n  "customer": null\n}')),
    );
    assert.ok(page.includes('curl https://pay.test/v1/charges/{charge}'));
    assert.ok(
      page.includes(
        'curl https://pay.test/v1/charges \\\n  -u sk_test_…: \\\n  -G \\\n  -d &quot;created[gte]=1767225600&quot; \\\n  -d limit=3',
      ),
    );
  });

  test('needs no script, no style from elsewhere and no other host', () => {
    assert.doesNotMatch(page, /<script|<link|@import|src=|style="|javascript:/);
    assert.match(contentSecurityPolicy, /^default-src 'none'; style-src 'sha256-[\w+/=]{44}';/);
  });
});

describe('documents on a server', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ routes, handlers: documentHandlers(routes, options) });
  });
  after(() => server.close());

  test('at the address itself say what this is and lead only to what is there', async () => {
    const { status, text, headers } = await server.ask('GET', '/', { key: null });
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.match(text, /<h1>Tollgate<\/h1>/);
    const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.ok(String(headers['content-security-policy']).includes(`style-src 'sha256-${hash}'`));
    assert.match(text, /href="\/docs"/);
    assert.match(text, /href="\/openapi.json"/);
    assert.doesNotMatch(text, /<script|https?:/);
    assert.equal((await server.ask('GET', '*', { key: null })).status, 404);
  });

  test('are there without a key, and asked for again cost nothing', async () => {
    const first = await server.ask('GET', '/docs', { key: null });
    assert.equal(first.status, 200);
    assert.match(String(first.headers['content-security-policy']), /style-src 'sha256-/);
    const headers = { 'If-None-Match': String(first.headers.etag) };
    const again = await server.ask('GET', '/docs', { key: null, headers });
    assert.deepEqual([again.status, again.text], [304, '']);

    const { status, body } = await server.ask('GET', '/openapi.json', { key: null });
    assert.deepEqual([status, body.openapi], [200, '3.1.0']);
  });
});

test('what is put into HTML is escaped, except HTML', () => {
  const inner = html`<b>${'<&>'}</b>`;
  assert.equal(html`${inner}${'"'}${[1, null, `'`]}`.text, '<b>&lt;&amp;&gt;</b>&quot;1&#39;');
});
