import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { assertCustomer, assertList } from '../support/stripe-shape.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);
const { customers } = stripe;

/** Oldest first: c[0] was made first. */
const c: string[] = [];
for (let n = 0; n < 25; n += 1) {
  c.push((await customers.create({ email: `c${n % 5}@example.com`, name: `Customer ${n}` })).id);
}
const newestFirst = c.toReversed();

const list = async (query = '') =>
  gateway.ask('GET', `/v1/customers${query}`, { key: merchant.key });
const idsIn = ({ body }: { body: { data: Stripe.Customer[] } }) => body.data.map(({ id }) => id);

describe('a list', () => {
  test('has exactly four keys, and ten items unless asked otherwise', async () => {
    const answer = await list();
    assertList(answer.body, assertCustomer);
    assert.deepEqual(Object.keys(answer.body), ['object', 'data', 'has_more', 'url']);
    assert.equal(answer.body.url, '/v1/customers');
    assert.equal(answer.body.has_more, true);
    assert.deepEqual(idsIn(answer), newestFirst.slice(0, 10));
  });

  test('brings a limit out of range into range', async () => {
    assert.equal((await list('?limit=0')).body.data.length, 1);
    assert.equal((await list('?limit=-5')).body.data.length, 1);
    const all = await list('?limit=1000');
    assert.deepEqual(idsIn(all), newestFirst);
    assert.equal(all.body.has_more, false);
    const refused = await list('?limit=many');
    assert.equal(refused.status, 400);
    assert.equal(refused.body.error.message, 'Invalid integer: many');
  });

  test('knows at its very end that there is no more', async () => {
    assert.equal((await list('?limit=25')).body.has_more, false);
    assert.equal((await list('?limit=24')).body.has_more, true);
    const last = await list(`?limit=5&starting_after=${c[5]}`);
    assert.deepEqual(idsIn(last), [c[4], c[3], c[2], c[1], c[0]]);
    assert.equal(last.body.has_more, false);
    assert.equal((await list(`?starting_after=${c[0]}`)).body.data.length, 0);
  });

  test('going backwards holds what is nearest to the cursor, still newest first', async () => {
    const answer = await list(`?limit=3&ending_before=${c[10]}`);
    assert.deepEqual(idsIn(answer), [c[13], c[12], c[11]]);
    assert.equal(answer.body.has_more, true);
    const newest = await list(`?limit=3&ending_before=${c[22]}`);
    assert.deepEqual(idsIn(newest), [c[24], c[23]]);
    assert.equal(newest.body.has_more, false);
  });

  test('is gone through by the SDK in both directions', async () => {
    const forward: string[] = [];
    for await (const customer of customers.list({ limit: 4 })) forward.push(customer.id);
    assert.deepEqual(forward, newestFirst);

    const backward: string[] = [];
    for await (const customer of customers.list({ limit: 4, ending_before: c[0] ?? '' })) {
      backward.push(customer.id);
    }
    assert.deepEqual(backward, c.slice(1));
  });
});

describe('a cursor', () => {
  test('may be of a deleted customer', async () => {
    const { id } = await customers.create();
    const { id: newer } = await customers.create();
    await customers.del(id);
    assert.deepEqual(idsIn(await list(`?limit=2&starting_after=${id}`)), newestFirst.slice(0, 2));
    assert.deepEqual(idsIn(await list(`?ending_before=${id}`)), [newer]);
    await customers.del(newer);
  });

  test('need not match the filters', async () => {
    const answer = await list(`?email=c0@example.com&starting_after=${c[11]}`);
    assert.deepEqual(idsIn(answer), [c[10], c[5], c[0]]);
  });

  for (const cursor of ['starting_after', 'ending_before']) {
    test(`that is unknown is refused by its name, ${cursor}`, async () => {
      for (const id of ['cus_missing', 'evt_1', `${c[0]}0`]) {
        const { status, body } = await list(`?${cursor}=${id}`);
        assert.equal(status, 400);
        assert.equal(body.error.code, 'resource_missing');
        assert.equal(body.error.param, cursor);
        assert.equal(body.error.message, `No such customer: '${id}'`);
      }
    });
  }

  test('is looked up before it is said that one is enough', async () => {
    const both = await list(`?starting_after=${c[3]}&ending_before=${c[4]}`);
    assert.equal(both.status, 400);
    assert.equal('code' in both.body.error, false);
    assert.equal(
      both.body.error.message,
      'Received both starting_after and ending_before parameters. Please pass in only one.',
    );
    const unknown = await list(`?starting_after=${c[3]}&ending_before=cus_missing`);
    assert.equal(unknown.body.error.code, 'resource_missing');
    assert.equal(unknown.body.error.param, 'ending_before');
  });
});

describe('filters', () => {
  test('of the moment of creation hold at both ends', async () => {
    const { created } = (await customers.retrieve(c[12] ?? '')) as Stripe.Customer;
    const times = new Map<string, number>();
    for await (const customer of customers.list({ limit: 100 })) {
      times.set(customer.id, customer.created);
    }
    const by = (holds: (at: number) => boolean) =>
      newestFirst.filter((id) => holds(times.get(id) ?? Number.NaN));
    const got = async (filter: Stripe.CustomerListParams['created']) =>
      (await customers.list({ created: filter ?? 0, limit: 100 })).data.map(({ id }) => id);

    assert.deepEqual(
      await got(created),
      by((at) => at === created),
    );
    assert.deepEqual(
      await got({ gt: created }),
      by((at) => at > created),
    );
    assert.deepEqual(
      await got({ gte: created }),
      by((at) => at >= created),
    );
    assert.deepEqual(
      await got({ lt: created }),
      by((at) => at < created),
    );
    assert.deepEqual(
      await got({ lte: created }),
      by((at) => at <= created),
    );
    assert.deepEqual(await got({ gte: created + 1, lt: created }), []);
  });

  test('of moments at which nothing was created find nothing', async () => {
    for (const path of ['/v1/customers', '/v1/events']) {
      for (const filter of [
        'created=-1',
        'created[lt]=0',
        'created[lte]=-335109038',
        'created[gt]=253402300799',
        'created[gte]=9007199254740991',
        'created[gt]=9007199254740991',
        'created[gte]=9007199254740991&created[lt]=-9007199254740991',
      ]) {
        const { status, text, body } = await gateway.ask('GET', `${path}?${filter}`, {
          key: merchant.key,
        });
        assert.equal(status, 200, `${filter}: ${text}`);
        assert.deepEqual(body.data, [], filter);
      }
      const all = await gateway.ask(
        'GET',
        `${path}?created[gte]=-5&created[lte]=9007199254740991`,
        {
          key: merchant.key,
        },
      );
      assert.equal(all.body.data.length, 10);
    }
  });

  test('of the moment take no other bound', async () => {
    const { status, body } = await list('?created[after]=1');
    assert.equal(status, 400);
    assert.equal(body.error.code, 'parameter_unknown');
    assert.equal(body.error.param, 'created[after]');
    assert.equal((await list('?created[gt]=soon')).body.error.param, 'created[gt]');
    assert.equal((await list('?created=')).body.error.code, 'parameter_invalid_empty');
  });

  test('of the e-mail are exact, and know upper from lower case', async () => {
    assert.deepEqual(idsIn(await list('?email=c3@example.com')), [c[23], c[18], c[13], c[8], c[3]]);
    assert.deepEqual(idsIn(await list('?email=C3@example.com')), []);
  });

  test('of a test clock find who is on it', async () => {
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_800_000_000 });
    const { id } = await customers.create({ test_clock: clock.id });
    assert.deepEqual(idsIn(await list(`?test_clock=${clock.id}`)), [id]);
    await customers.del(id);
  });

  test('that name what is not there are refused, and find not merely nothing', async () => {
    for (const [path, param] of [
      ['/v1/customers', 'test_clock'],
      ['/v1/payment_intents', 'customer'],
      ['/v1/charges', 'customer'],
      ['/v1/charges', 'payment_intent'],
      ['/v1/refunds', 'charge'],
      ['/v1/refunds', 'payment_intent'],
      ['/v1/disputes', 'charge'],
      ['/v1/disputes', 'payment_intent'],
      ['/v1/payment_methods', 'customer'],
      ['/v1/setup_intents', 'customer'],
      ['/v1/setup_intents', 'payment_method'],
      ['/v1/setup_attempts', 'setup_intent'],
    ]) {
      const { status, body } = await gateway.ask('GET', `${path}?${param}=gone_1`, {
        key: merchant.key,
      });
      assert.deepEqual(
        [status, body.error?.code, body.error?.param],
        [400, 'resource_missing', param],
        `${path}?${param}`,
      );
    }
  });

  test('that do not exist are refused', async () => {
    const { status, body } = await list('?phone=1&status=active');
    assert.equal(status, 400);
    assert.equal(body.error.code, 'parameter_unknown');
    assert.equal(body.error.param, 'phone');
    assert.equal(body.error.message, 'Received unknown parameters: phone, status');
  });
});

test('a list does not count itself', async () => {
  const refused = await refusalOf(customers.list({ expand: ['total_count'] }));
  assert.equal(refused.message, 'This property cannot be included (total_count)');
  assert.equal(refused.code, undefined);
});

test('deleted customers are in no list', async () => {
  const { id } = await customers.create({ email: 'gone@example.com' });
  await customers.del(id);
  assert.deepEqual(idsIn(await list('?email=gone@example.com')), []);
  assert.equal(idsIn(await list('?limit=100')).includes(id), false);
});
