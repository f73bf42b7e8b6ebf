// Who asks, from where, and how much of it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Type } from 'typebox';
import { routes } from './for-tests-routes.ts';
import { route } from './route.ts';
import { parameters } from './schema.ts';
import type { TestServer } from './testing.ts';
import { startTestServer, testKeys } from './testing.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer({ routes });
});
after(() => server.close());

const basic = (user: string) => `Basic ${Buffer.from(user).toString('base64')}`;

describe('a key', () => {
  const ways: readonly [what: string, authorization: string | null, form: string][] = [
    ['as Bearer', `Bearer ${testKeys.secret}`, 'amount=5'],
    ['as bearer', `bearer  ${testKeys.secret}`, 'amount=5'],
    ['as Basic with an empty password', basic(`${testKeys.secret}:`), 'amount=5'],
    ['as a field', null, `amount=5&key=${testKeys.secret}`],
  ];
  for (const [what, authorization, form] of ways) {
    test(`is taken ${what}`, async () => {
      const headers: Record<string, string> = authorization === null ? {} : { authorization };
      const { status, text } = await server.ask('POST', '/v1/things', { key: null, form, headers });
      assert.equal(status, 200, text);
    });
  }

  test('that is missing gives 401 before anything else is looked at', async () => {
    for (const path of ['/v1/things', '/v1/nothing']) {
      const { status, body } = await server.ask('POST', path, { key: null, form: 'a=%' });
      assert.equal(status, 401);
      assert.match(
        body.error.message,
        /^You did not provide an API key\. .* See http:\/\/pay\.test\/docs for details/,
      );
    }
  });

  test('that is wrong is shown masked', async () => {
    const { status, body } = await server.ask('GET', '/v1/nothing', {
      key: 'sk_test_0123456789wxyz',
    });
    assert.equal(status, 401);
    assert.equal(body.error.message, 'Invalid API Key provided: sk_test_****wxyz');
  });

  test('that is publishable reaches only its routes', async () => {
    const key = testKeys.publishable;
    const refused = await server.ask('GET', '/v1/things/t', { key });
    assert.deepEqual([refused.status, refused.body.error.code], [403, 'secret_key_required']);
    const { status, headers } = await server.ask('POST', '/v1/tokens', { key });
    assert.equal(status, 200);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.match(String(headers['access-control-expose-headers']), /Request-Id/);
  });

  test('that is restricted needs the permission', async () => {
    const key = testKeys.restricted;
    assert.equal((await server.ask('GET', '/v1/things/t', { key })).status, 200);
    const { status, body } = await server.ask('POST', '/v1/things', { key, form: 'amount=x' });
    assert.equal(status, 403);
    assert.match(body.error.message, /'things_write' permission/);
  });

  test('speaks for its own account only', async () => {
    for (const name of ['Stripe-Account', 'Stripe-Context']) {
      const { status, body } = await server.ask('GET', '/v1/things/t', {
        headers: { [name]: 'acct_9' },
      });
      assert.equal(status, 403);
      assert.match(body.error.message, /'acct_9'/);
    }
  });

  test('is not needed for a public route, where nobody is anybody', async () => {
    const { status, body } = await server.ask('GET', '/v1/pages/p', { key: null });
    assert.deepEqual([status, body.actor], [200, 'payer']);
  });
});

describe('a browser', () => {
  test('may ask before it sends, where publishable keys reach', async () => {
    const { status, headers } = await server.ask('OPTIONS', '/v1/tokens', { key: null });
    assert.equal(status, 204);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['access-control-allow-methods'], 'GET, POST, DELETE, HEAD, OPTIONS');
    assert.match(String(headers['access-control-allow-headers']), /Authorization/);
  });

  test('is not let in elsewhere', async () => {
    const { headers } = await server.ask('OPTIONS', '/v1/things', { key: null });
    assert.equal(headers['access-control-allow-origin'], undefined);
  });
});

test('too many requests of one key get 429 and how long to wait', async () => {
  const limited = await startTestServer({
    routes,
    limits: { take: (key) => (key === 'key key_secret' ? 7 : null) },
  });
  const { status, headers, body } = await limited.ask('GET', '/v1/things/t');
  assert.deepEqual([status, headers['retry-after'], body.error.code], [429, '7', 'rate_limit']);
  assert.equal(headers['stripe-should-retry'], 'false');
  await limited.close();
});

describe('the address of a caller', () => {
  const seenBehind = async (proxies: number, forwarded: string): Promise<string> => {
    let seen = '';
    const behind = await startTestServer({
      routes: [
        route({
          method: 'GET',
          path: '/v1/address',
          operation: 'address.retrieve',
          summary: 'Address',
          group: 'Test',
          parameters: parameters({}),
          answer: Type.Object({}),
          keys: 'secret',
          handle: async (context) => {
            seen = context.actor.address ?? '';
            return { body: {} };
          },
        }),
      ],
      settings: { publicUrl: 'http://pay.test', proxies },
    });
    await behind.ask('GET', '/v1/address', { headers: { 'x-forwarded-for': forwarded } });
    await behind.close();
    return seen;
  };

  test('is what our own proxies say, and never what the caller says', async () => {
    assert.equal(await seenBehind(0, '203.0.113.9'), '127.0.0.1');
    assert.equal(await seenBehind(1, '198.51.100.1, 203.0.113.9'), '203.0.113.9');
    assert.equal(await seenBehind(2, '198.51.100.1, 203.0.113.9, 10.0.0.1'), '203.0.113.9');
    assert.equal(await seenBehind(1, 'nonsense'), '127.0.0.1');
    assert.equal(await seenBehind(3, '203.0.113.9'), '127.0.0.1');
  });
});
