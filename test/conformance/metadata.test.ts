import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);
const { customers } = stripe;
/** The body as it was sent, which the SDK's objects are not. */
const retrieved = async (id: string) =>
  (await gateway.ask('GET', `/v1/customers/${id}`, { key: merchant.key })).body;

const many = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${from + n}`, 'x']));

const metadataOf = async (id: string, form: string) => {
  const asked = { key: merchant.key, form };
  const { body } = await gateway.ask('POST', `/v1/customers/${id}`, asked);
  return body.metadata ?? body.error;
};

describe('metadata', () => {
  test('is merged, key by key removed, and removed as a whole', async () => {
    const { id } = await customers.create({ metadata: { a: '1', b: '2' } });
    assert.deepEqual(await metadataOf(id, 'metadata[c]=3'), { a: '1', b: '2', c: '3' });
    assert.deepEqual(await metadataOf(id, 'metadata[a]='), { b: '2', c: '3' });
    assert.deepEqual(await metadataOf(id, 'description=x'), { b: '2', c: '3' });
    assert.deepEqual(await metadataOf(id, 'metadata='), {});
  });

  test('holds text: numbers become it', async () => {
    const { body } = await gateway.ask('POST', '/v1/customers', {
      key: merchant.key,
      json: { metadata: { number: 12.5, flag: true } },
    });
    assert.deepEqual(body.metadata, { number: '12.5', flag: 'true' });
  });

  test('has at most 50 keys, of 40 characters, with values of 500', async () => {
    const { id } = await customers.create({ metadata: many(50) });

    const overflowing = await refusalOf(customers.update(id, { metadata: many(1, 50) }));
    assert.equal(overflowing.statusCode, 400);
    assert.equal(overflowing.param, 'metadata');
    await customers.update(id, { metadata: { ...many(1, 50), key0: '' } });

    await customers.create({ metadata: { ['k'.repeat(40)]: 'v'.repeat(500) } });
    const longKey = await refusalOf(customers.create({ metadata: { ['k'.repeat(41)]: 'v' } }));
    assert.match(
      longKey.message,
      /^Metadata keys can have up to 40 characters, but you passed in a key that is 41 characters\./,
    );
    const longValue = await refusalOf(customers.create({ metadata: { key: 'v'.repeat(501) } }));
    assert.match(
      longValue.message,
      /^Metadata values can have up to 500 characters, but you passed in a value that is 501 characters\./,
    );
  });

  test('counts characters as people do', async () => {
    const { metadata } = await customers.create({ metadata: { emoji: '😀'.repeat(500) } });
    assert.equal(metadata['emoji'], '😀'.repeat(500));
  });

  test('may have keys that are called as what every object of JavaScript has', async () => {
    const names = ['toString', 'hasOwnProperty', 'constructor', 'prototype'];
    const named = Object.fromEntries(names.map((name) => [name, `the ${name}`]));
    const created = await customers.create({ metadata: named });
    assert.deepEqual(Object.entries(created.metadata), Object.entries(named));
    const { id } = created;
    assert.deepEqual((await retrieved(id)).metadata, named);
    const found = await customers.search({ query: `metadata['constructor']:'the constructor'` });
    assert.deepEqual(
      found.data.map((customer) => customer.id),
      [id],
    );

    const { metadata } = await customers.update(id, { metadata: { constructor: '' } as never });
    assert.deepEqual(Object.keys(metadata).sort(), names.filter((n) => n !== 'constructor').sort());
    await customers.update(id, { metadata: { valueOf: 'new' } as never });
    const {
      data: [later, earlier],
    } = await stripe.events.list({ type: 'customer.updated', limit: 2 });
    assert.deepEqual(later?.data.previous_attributes, { metadata: { valueOf: null } });
    assert.deepEqual(earlier?.data.previous_attributes, {
      metadata: { constructor: 'the constructor' },
    });
    const json = await gateway.ask('POST', '/v1/customers', {
      key: merchant.key,
      json: { metadata: named },
    });
    assert.deepEqual(json.body.metadata, named);
    assert.equal(Object.getPrototypeOf({}), Object.prototype);
    assert.equal(String({}), '[object Object]');
  });
});
