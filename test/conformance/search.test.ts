import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { assertCustomer, assertList } from '../support/stripe-shape.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const { customers } = stripeFor(gateway.port, merchant.key);

const created = async (parameters: Stripe.CustomerCreateParams) =>
  (await customers.create(parameters)).id;
const jenny = await created({
  name: 'Jenny Rosen',
  email: 'jenny@example.com',
  phone: '+49 30 901820',
  metadata: { plan: 'gold', "it's": 'quoted' },
});
const otto = await created({
  name: 'Otto Rosen',
  email: 'otto@example.org',
  metadata: { plan: 'tin' },
});
const nobody = await created({ name: "O'Brien" });

const names = new Map([
  [jenny, 'jenny'],
  [otto, 'otto'],
  [nobody, 'nobody'],
]);

const found = async (query: string): Promise<string[]> =>
  (await customers.search({ query })).data.map(({ id }) => names.get(id) ?? id).sort();

describe('a search', () => {
  test('has the envelope of a search result', async () => {
    const { body } = await gateway.ask('GET', "/v1/customers/search?query=name~'rosen'", {
      key: merchant.key,
    });
    assertList(body, assertCustomer, 'ApiSearchResult');
    assert.deepEqual(Object.keys(body), ['object', 'data', 'has_more', 'next_page', 'url']);
    assert.deepEqual(
      [body.object, body.has_more, body.next_page, body.url],
      ['search_result', false, null, '/v1/customers/search'],
    );
  });

  for (const [query, expected] of [
    ["email:'jenny@example.com'", ['jenny']],
    ["email:'JENNY@example.com'", ['jenny']],
    ["email~'EXAMPLE'", ['jenny', 'otto']],
    ["name~'rosen'", ['jenny', 'otto']],
    ["name:'Otto Rosen'", ['otto']],
    ["name:'rosen'", ['jenny', 'otto']],
    ["name:'Rosen Otto'", []],
    ["name:'ose'", []],
    ["name~'rosen' metadata['plan']:'gold'", ['jenny']],
    ['name~"o\'b"', ['nobody']],
    ["name:'O\\'Brien'", ['nobody']],
    ["phone:'+49 30 901820'", ['jenny']],
    ["metadata['plan']:'gold'", ['jenny']],
    ['metadata["plan"]:\'tin\'', ['otto']],
    ["metadata[\"it's\"]:'quoted'", ['jenny']],
    ["metadata['plan']:null", ['nobody']],
    ["-metadata['plan']:null", ['jenny', 'otto']],
    ['email:null', ['nobody']],
    ["-email:'jenny@example.com'", ['nobody', 'otto']],
    ["name~'rosen' AND metadata['plan']:'gold'", ['jenny']],
    ["name:'Otto Rosen' OR metadata['plan']:'gold'", ['jenny', 'otto']],
    ["name~'rosen' and -metadata['plan']:'gold'", ['otto']],
    ['created>0', ['jenny', 'nobody', 'otto']],
    ['created<1000', []],
  ] as const) {
    test(`finds by ${query}`, async () => {
      assert.deepEqual(await found(query), expected);
    });
  }

  test('finds what was created a moment ago', async () => {
    for (let n = 0; n < 10; n += 1) {
      const id = await created({ email: `fresh${n}@example.net` });
      assert.deepEqual(await found(`email:'fresh${n}@example.net'`), [id]);
    }
  });

  test('is gone through page by page, each found once', async () => {
    const made = new Set<string>();
    for (let n = 0; n < 7; n += 1) made.add(await created({ metadata: { pages: 'yes' } }));
    const seen: string[] = [];
    for await (const { id } of customers.search({ query: "metadata['pages']:'yes'", limit: 3 })) {
      seen.push(id);
    }
    assert.deepEqual(seen, [...made].toReversed());
  });

  test('counts only when asked', async () => {
    const query = "name~'rosen'";
    const counted = await customers.search({ query, limit: 1, expand: ['total_count'] });
    assert.equal(counted.total_count, 2);
    assert.equal(counted.data.length, 1);
    assert.equal('total_count' in (await customers.search({ query })), false);
  });

  test('expands within its data', async () => {
    const query = "name:'Jenny Rosen'";
    const { data } = await customers.search({ query, expand: ['data.tax_ids'] });
    assertCustomer(data[0], { expanded: ['tax_ids'] });
    assert.deepEqual(data[0]?.tax_ids?.data, []);
  });

  test('does not find who was deleted', async () => {
    const id = await created({ metadata: { gone: 'yes' } });
    await customers.del(id);
    assert.deepEqual(await found("metadata['gone']:'yes'"), []);
    assert.equal((await found('email:null')).includes(id), false);
  });
});

describe('a search is refused', () => {
  for (const [query, sentence] of [
    ['', /^You passed an empty string for 'query'/],
    ['name', /one of : ~ > < >= <= was expected/],
    ["name:'a' AND email:'b' OR phone:'c'", /AND and OR cannot be used together/],
    ["(name:'a')", /parentheses are not supported/],
    ["name~'ab'", /~ needs at least 3 characters/],
    ["name>'a'", /compares numbers/],
    ["created:'soon'", /a number was expected/],
    ["status:'active'", /the field 'status' cannot be searched/],
    ["name:'open", /is not closed/],
    ["name:'a'email:'b'", /AND or OR was expected/],
    ["name:'a' email:'b' OR phone:'c'", /AND and OR cannot be used together/],
    [Array.from({ length: 11 }, () => "name:'a'").join(' AND '), /up to 10 clauses/],
  ] as const) {
    test(`for ${query === '' ? 'nothing' : query.slice(0, 40)}`, async () => {
      const refused = await refusalOf(customers.search({ query }));
      assert.equal(refused.statusCode, 400);
      assert.equal(refused.param, 'query');
      assert.match(refused.message, sentence);
    });
  }

  test('without a query', async () => {
    const { status, body } = await gateway.ask('GET', '/v1/customers/search', {
      key: merchant.key,
    });
    assert.equal(status, 400);
    assert.equal(body.error.code, 'parameter_missing');
    assert.equal(body.error.message, 'Missing required param: query.');
  });

  test('with a page that no answer gave', async () => {
    for (const page of ['x', 'AAAA', Buffer.from('1:').toString('base64'), "1:' or 1=1"]) {
      const refused = await refusalOf(customers.search({ query: 'created>0', page }));
      assert.equal(refused.statusCode, 400, page);
      assert.equal(refused.param, 'page', page);
    }
  });

  test('with a page whose inside is no customer', async () => {
    const page = Buffer.from('1:cus_nobody').toString('base64url');
    const refused = await refusalOf(customers.search({ query: 'created>0', page }));
    assert.equal(refused.param, 'page');
  });
});
