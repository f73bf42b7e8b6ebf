// The official SDK is the client whose opinion counts: it encodes, reads headers, picks error classes
// and walks pages by its own rules.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Stripe from 'stripe';
import { Type } from 'typebox';
import type { ListParameters } from './list.ts';
import { list, listWindow, page, searchResult } from './list.ts';
import { mergeMetadata } from './metadata.ts';
import { cardRefused, resourceMissing } from './refusals.ts';
import type { ResourceDefinition } from './resource.ts';
import { route } from './route.ts';
import type { MetadataChange } from './schema.ts';
import {
  address,
  email,
  emptyable,
  listParameters,
  metadata,
  parameters,
  searchParameters,
  text,
  timestampRange,
} from './schema.ts';
import { parseSearchQuery } from './search-query.ts';
import type { TestServer } from './testing.ts';
import { startTestServer, testInsert, testKeys } from './testing.ts';

type Customer = {
  id: string;
  object: 'customer';
  metadata: Record<string, string>;
  [field: string]: unknown;
};

const customers = new Map<string, Customer>();
const newestFirst = () => [...customers.values()].reverse();

const find = (id: string): Customer => {
  const found = customers.get(id);
  if (found === undefined) throw resourceMissing({ noun: 'customer', id });
  return found;
};

const common = {
  group: 'Customers',
  object: 'customer',
  keys: 'secret',
  summary: 'Customers',
  answer: Type.Object({}),
} as const;

const routes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/customers',
    operation: 'customers.create',
    parameters: parameters({
      address: emptyable(address()),
      description: emptyable(text()),
      email: emptyable(email()),
      metadata: metadata(),
      source: text(),
    }),
    handle: async (_context, { parameters: { metadata: change, source, ...fields } }) => {
      if (source === 'tok_chargeDeclined') throw cardRefused('card_declined');
      const id = `cus_${customers.size + 1}`;
      const body: Customer = {
        id,
        object: 'customer',
        created: 1_700_000_000 + customers.size,
        default_source: 'card_1',
        ...fields,
        metadata: mergeMetadata({}, change as MetadataChange | undefined),
      };
      customers.set(id, body);
      return { body, writes: [{ into: testInsert, row: [id] }] };
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/customers',
    operation: 'customers.list',
    list: true,
    parameters: listParameters({ created: timestampRange() }),
    handle: async (_context, { parameters, url }) => {
      const window = await listWindow(
        parameters as ListParameters,
        'customer',
        (id) => find(id).created as number,
      );
      const all = newestFirst().filter(({ created }) => {
        const at = created as number;
        if (window.before !== undefined) return at > window.before;
        return window.after === undefined || at < window.after;
      });
      if (window.before !== undefined) all.reverse();
      return { body: list(url, page(all.slice(0, window.limit + 1), window)) };
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/customers/search',
    operation: 'customers.search',
    list: true,
    parameters: searchParameters(),
    handle: async (_context, { parameters: { query }, url, expand }) => {
      const { clauses } = parseSearchQuery(query, { email: 'string' });
      const rows = newestFirst().filter((each) => each['email'] === clauses[0]!.value);
      const totalCount = expand.includes('total_count') ? { totalCount: rows.length } : {};
      return {
        body: searchResult(url, { rows, hasMore: false }, { nextPage: null, ...totalCount }),
      };
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/customers/:customer',
    operation: 'customers.retrieve',
    parameters: parameters({}),
    handle: async (_context, { path }) => ({ body: find(path['customer']!) }),
  }),
  route({
    ...common,
    method: 'DELETE',
    path: '/v1/customers/:customer',
    operation: 'customers.delete',
    parameters: parameters({}),
    handle: async (_context, { path }) => ({
      body: { id: path['customer'], object: 'customer', deleted: true },
    }),
  }),
];

const resources: readonly ResourceDefinition[] = [
  { object: 'customer', expandable: { default_source: { to: ['card'] } } },
  {
    object: 'card',
    load: async () => new Map([['card_1', { id: 'card_1', object: 'card', last4: '4242' }]]),
  },
];

let server: TestServer;
const clientOf = (key: string) =>
  new Stripe(key, {
    host: '127.0.0.1',
    port: server.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });

let stripe: Stripe;
before(async () => {
  server = await startTestServer({ routes, resources });
  stripe = clientOf(testKeys.secret);
});
after(() => server.close());

describe('the official SDK', () => {
  test('creates, with nested parameters, and reads the headers', async () => {
    const customer = await stripe.customers.create({
      email: 'a+b@shop.test',
      description: 'Ünïcödé & more = 100 %',
      address: { line1: '1 Main St', city: 'Bonn' },
      metadata: { order: '42', 'with space': 'a b' },
    });
    assert.equal(customer.email, 'a+b@shop.test');
    assert.equal(customer.description, 'Ünïcödé & more = 100 %');
    assert.deepEqual(customer.metadata, { order: '42', 'with space': 'a b' });
    assert.match(customer.lastResponse.requestId, /^req_/);
    assert.match(String(customer.lastResponse.idempotencyKey), /^stripe-node-retry-/);
    assert.equal(customer.lastResponse.apiVersion, '2026-10-28.endive');
  });

  test('expands', async () => {
    const customer = await stripe.customers.create({ expand: ['default_source'] });
    assert.deepEqual(customer.default_source, { id: 'card_1', object: 'card', last4: '4242' });
  });

  test('repeats with a key and gets the first answer', async () => {
    const once = { idempotencyKey: 'once' };
    const first = await stripe.customers.create({ email: 'k@shop.test' }, once);
    const again = await stripe.customers.create({ email: 'k@shop.test' }, once);
    assert.equal(again.id, first.id);
  });

  test('walks pages in both directions', async () => {
    for (let at = customers.size; at < 25; at++) await stripe.customers.create({});
    const forward: string[] = [];
    for await (const each of stripe.customers.list({ limit: 10 })) forward.push(each.id);
    assert.deepEqual(
      forward,
      newestFirst().map(({ id }) => id),
    );

    const backward: string[] = [];
    const oldest = forward.at(-1)!;
    for await (const each of stripe.customers.list({ limit: 10, ending_before: oldest }))
      backward.push(each.id);
    assert.deepEqual(backward, forward.slice(0, -1).reverse());
  });

  test('expands in a list, and counts a search', async () => {
    const { data } = await stripe.customers.list({ limit: 1, expand: ['data.default_source'] });
    assert.equal((data[0]!.default_source as { last4: string }).last4, '4242');
    const found = await stripe.customers.search({
      query: `email:'a+b@shop.test'`,
      expand: ['total_count'],
    });
    assert.equal(found.total_count, 1);
    assert.equal(found.data[0]!.email, 'a+b@shop.test');
  });

  test('deletes', async () => {
    assert.equal((await stripe.customers.del('cus_1')).deleted, true);
  });

  const failures: readonly [
    what: string,
    call: () => Promise<unknown>,
    type: string,
    expected: object,
  ][] = [
    [
      'an unknown parameter',
      () => stripe.customers.create({ planet: 'x' } as object),
      'StripeInvalidRequestError',
      { statusCode: 400, code: 'parameter_unknown', param: 'planet' },
    ],
    [
      'an unknown object',
      () => stripe.customers.retrieve('cus_x'),
      'StripeInvalidRequestError',
      { statusCode: 404, code: 'resource_missing', message: "No such customer: 'cus_x'" },
    ],
    [
      'an unknown URL',
      () => stripe.products.list(),
      'StripeInvalidRequestError',
      { statusCode: 404 },
    ],
    [
      'a wrong key',
      () => clientOf('sk_test_wrongwrongwrong').customers.list(),
      'StripeAuthenticationError',
      { statusCode: 401, message: 'Invalid API Key provided: sk_test_****rong' },
    ],
    [
      'a publishable key',
      () => clientOf(testKeys.publishable).customers.list(),
      'StripePermissionError',
      { statusCode: 403, code: 'secret_key_required' },
    ],
    [
      'a missing permission',
      () => clientOf(testKeys.restricted).customers.create(),
      'StripePermissionError',
      { statusCode: 403 },
    ],
    [
      'a declined card',
      () => stripe.customers.create({ source: 'tok_chargeDeclined' }),
      'StripeCardError',
      { statusCode: 402, code: 'card_declined', message: 'Your card was declined.' },
    ],
    [
      'a key used for something else',
      () => stripe.customers.create({ email: 'l@shop.test' }, { idempotencyKey: 'once' }),
      'StripeIdempotencyError',
      { statusCode: 400 },
    ],
  ];
  for (const [what, call, type, expected] of failures) {
    test(`throws ${type} for ${what}`, async () => {
      await assert.rejects(call(), (error: Stripe.errors.StripeError) => {
        assert.equal(error.type, type);
        for (const [name, value] of Object.entries(expected)) {
          assert.equal(error[name as keyof Stripe.errors.StripeError], value, name);
        }
        assert.match(String(error.requestId), /^req_/);
        return true;
      });
    });
  }
});
