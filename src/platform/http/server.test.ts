import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Registry } from '@prometheus-io/client';
import { Type } from 'typebox';
import type { LogFields } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { routes } from './for-tests-routes.ts';
import { createHttpMetrics } from './metrics.ts';
import { route } from './route.ts';
import { listParameters, text } from './schema.ts';
import type { TestServer } from './testing.ts';
import { startTestServer } from './testing.ts';

const lines: { fields: LogFields; message: string }[] = [];
const keep = (fields: LogFields, message: string) => void lines.push({ fields, message });
const registry = new Registry();

let server: TestServer;
before(async () => {
  server = await startTestServer({
    routes,
    contextChanges: { log: { debug: keep, info: keep, warn: keep, error: keep } },
    metrics: createHttpMetrics(registry),
    handlers: [
      { method: 'GET', path: '/healthz', handle: (_request, response) => void response.end('ok') },
      { method: 'GET', path: '/broken', handle: () => Promise.reject(new Error('no')) },
    ],
  });
});
after(() => server.close());

const post = (form: string, headers: Record<string, string> = {}) =>
  server.ask('POST', '/v1/things', { form, headers });

describe('an answer', () => {
  test('is pretty JSON with 200 and the headers of the API', async () => {
    const { status, headers, text, body } = await post('amount=5');
    assert.equal(status, 200);
    assert.match(text, /^\{\n {2}"id": "thing_1",\n/);
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['cache-control'], 'no-cache, no-store');
    assert.match(String(headers['request-id']), /^req_[0-9A-Za-z]{18}$/);
    assert.equal(headers['request-id'], body.requestId);
    assert.equal(headers['stripe-version'], '2026-10-28.endive');
    assert.equal(headers['stripe-should-retry'], 'false');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
    for (const absent of [
      'idempotency-key',
      'original-request',
      'idempotent-replayed',
      'stripe-account',
      'access-control-allow-origin',
      'x-powered-by',
      'server',
    ]) {
      assert.equal(headers[absent], undefined, absent);
    }
    assert.equal(body.by, 'key_secret');
  });

  test('to GET says nothing about trying again', async () => {
    const { headers } = await server.ask('GET', '/v1/things/t');
    assert.equal(headers['stripe-should-retry'], undefined);
  });

  test('to HEAD has the headers and no body', async () => {
    const { status, headers, text } = await server.ask('HEAD', '/v1/things/t');
    assert.deepEqual([status, text], [200, '']);
    assert.ok(Number(headers['content-length']) > 0);
  });

  test('echoes the version and the own account', async () => {
    const { headers } = await server.ask('GET', '/v1/things/t', {
      headers: { 'Stripe-Version': '2020-08-27', 'Stripe-Account': 'acct_test' },
    });
    assert.equal(headers['stripe-version'], '2020-08-27');
    assert.equal(headers['stripe-account'], 'acct_test');
  });

  test('knows the path without the query', async () => {
    const { body } = await server.ask('GET', '/v1/things/a%20b?');
    assert.deepEqual([body.id, body.url], ['a b', '/v1/things/a%20b']);
  });
});

describe('parameters', () => {
  test('come as a form, as JSON, or in the query', async () => {
    for (const answer of [
      await post('amount=5&metadata[a]=b'),
      await server.ask('POST', '/v1/things', { json: { amount: 5, metadata: { a: 'b' } } }),
      await server.ask('POST', '/v1/things?amount=5&metadata%5Ba%5D=b'),
      await server.ask('POST', '/v1/things?amount=5', { form: 'metadata[a]=b' }),
      await server.ask('POST', '/v1/things?amount=5', { json: { metadata: { a: 'b' } } }),
    ]) {
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual([answer.body.amount, answer.body.metadata], [5, { a: 'b' }]);
    }
  });

  test('of DELETE stand in the query, or in a body that is not ignored', async () => {
    assert.equal((await server.ask('DELETE', '/v1/things/t?now=x')).body.now, 'x');
    assert.equal((await server.ask('DELETE', '/v1/things/t', { form: 'now=x' })).body.now, 'x');
  });

  test('in query and body at once are refused when a name is in both', async () => {
    for (const request of [{ form: 'amount=6' }, { json: { amount: 6 } }]) {
      const { status, body } = await server.ask('POST', '/v1/things?amount=5', request);
      assert.equal(status, 400);
      assert.match(body.error.message, /'amount' was given more than once/);
    }
  });

  const bodies: readonly [what: string, type: string, body: string, message: RegExp][] = [
    [
      'of another type',
      'text/plain',
      'amount=5',
      /check that your POST content type is application\/x-www-form-urlencoded/,
    ],
    ['cut', 'application/json', '{"amount":', /Invalid JSON/],
    [
      'with a wrong escape',
      'application/x-www-form-urlencoded',
      'amount=%',
      /Invalid percent-encoding/,
    ],
  ];
  for (const [what, type, form, message] of bodies) {
    test(`in a body ${what} are refused`, async () => {
      const { status, body } = await post(form, { 'content-type': type });
      assert.equal(status, 400);
      assert.match(body.error.message, message);
    });
  }

  test('that are compressed are refused, so that nothing can burst', async () => {
    const { status } = await post('amount=5', { 'content-encoding': 'gzip' });
    assert.equal(status, 400);
  });

  test('of more than 256 kB are refused with 413 in the envelope', async () => {
    const { status, headers, body } = await post(`name=${'x'.repeat(300_000)}`);
    assert.equal(status, 413);
    assert.equal(headers.connection, 'close');
    assert.match(body.error.message, /too large/);
  });

  test('of more than 256 kB without a length are refused as well', async () => {
    const { status } = await post(`name=${'x'.repeat(300_000)}`, {
      'transfer-encoding': 'chunked',
    });
    assert.equal(status, 413);
  });
});

describe('a URL', () => {
  const unknown: readonly [method: string, path: string, shown: string][] = [
    ['GET', '/v1/x', 'GET: /v1/x'],
    ['PUT', '/v1/things', 'PUT: /v1/things'],
    ['PATCH', '/v1/things', 'PATCH: /v1/things'],
    ['GET', '/v1/things/%zz', 'GET: /v1/things/%zz'],
    ['GET', '/', 'GET: /'],
    ['GET', '/v2/core/accounts?x=y', 'GET: /v2/core/accounts'],
    ['POST', '/healthz', 'POST: /healthz'],
    ['GET', '/v1/things/../secret', 'GET: /v1/things/../secret'],
  ];
  for (const [method, path, shown] of unknown) {
    test(`${method} ${path} is not there`, async () => {
      const { status, headers, body } = await server.ask(method, path);
      assert.equal(status, 404);
      assert.equal(body.error.type, 'invalid_request_error');
      assert.equal(
        body.error.message,
        `Unrecognized request URL (${shown}). Please see http://pay.test/docs.`,
      );
      assert.ok(headers['request-id']);
    });
  }

  test('with a card number in it is refused and not repeated', async () => {
    const { status, text } = await server.ask('GET', '/v1/things/4242424242424242');
    assert.equal(status, 400);
    assert.doesNotMatch(text, /42424242/);
    assert.doesNotMatch(JSON.stringify(lines), /42424242/);
  });
});

describe('a header', () => {
  test('with a malformed version is refused', async () => {
    for (const version of ['x', '2026-1-1', '2026-10-28.', '2026-10-28.endive; beta=1']) {
      const { status, body, headers } = await server.ask('GET', '/v1/things/t', {
        headers: { 'Stripe-Version': version },
      });
      assert.equal(status, 400);
      assert.equal(body.error.message, `Invalid Stripe API version: ${version}`);
      assert.equal(headers['stripe-version'], '2026-10-28.endive');
    }
  });

  for (const [what, key] of [
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['far too long', 'k'.repeat(10_000)],
    ['outside ASCII', 'ké'],
    ['an emoji', Buffer.from('🍎').toString('latin1')],
  ] as const) {
    test(`with an idempotency key that is ${what} is refused and not logged`, async () => {
      const { status, body, headers } = await post('amount=5', { 'Idempotency-Key': key });
      assert.equal(status, 400);
      assert.equal(body.error.type, 'idempotency_error');
      assert.equal(headers['idempotency-key'], undefined);
      assert.doesNotMatch(JSON.stringify(lines), /kkkk|ké/);
    });
  }

  test('with a card number as idempotency key is refused, a UUID never', async () => {
    const { status, text } = await post('amount=5', { 'Idempotency-Key': '4242424242424242' });
    assert.equal(status, 400);
    assert.doesNotMatch(text, /42424242/);
    const uuid = 'stripe-node-retry-42424242-4242-4242-8242-424242424242';
    assert.equal((await post('amount=5', { 'Idempotency-Key': uuid })).status, 200);
  });

  test('of SDKs that is noise is ignored', async () => {
    const noise = {
      'X-Stripe-Client-User-Agent': '{"lang',
      'X-Stripe-Client-Telemetry': '\t',
      'User-Agent': 'Stripe/v1 NodeBindings/23.1.0',
    };
    assert.equal((await post('amount=5', noise)).status, 200);
  });
});

describe('a bug', () => {
  test('becomes a plain 500 with the request id, and a line in the log', async () => {
    const { status, headers, body, text } = await server.ask('GET', '/v1/bug');
    assert.equal(status, 500);
    assert.equal(body.error.type, 'api_error');
    assert.match(body.error.message, new RegExp(String(headers['request-id'])));
    assert.doesNotMatch(text, /hunter2|TypeError|\.ts/);
    assert.equal(headers['stripe-should-retry'], 'true');
    assert.ok(
      lines.some(
        ({ fields }) =>
          fields['requestId'] === headers['request-id'] && fields['error'] instanceof TypeError,
      ),
    );
  });

  test('in a plain handler is a 500 too', async () => {
    const { status, text } = await server.ask('GET', '/broken');
    assert.equal(status, 500);
    assert.match(text, /^Error req_/);
  });

  test('is not a refusal, which keeps its status and code', async () => {
    const { status, body } = await server.ask('GET', '/v1/refusal');
    assert.deepEqual([status, body.error.code], [400, 'parameters_exclusive']);
  });
});

test('a plain handler stands beside the API and has its security headers', async () => {
  const { status, text, headers } = await server.ask('GET', '/healthz', { key: null });
  assert.deepEqual([status, text], [200, 'ok']);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.ok(headers['request-id']);
});

test('a request leaves one line without its values, and is counted', async () => {
  lines.length = 0;
  const { headers } = await post('amount=5&name=Jane', { 'Idempotency-Key': 'secret-ish' });
  assert.equal(lines.length, 1);
  const { fields } = lines[0]!;
  assert.equal(fields['requestId'], headers['request-id']);
  assert.deepEqual(
    [
      fields['operation'],
      fields['path'],
      fields['status'],
      fields['accountId'],
      fields['keyId'],
      fields['livemode'],
    ],
    ['things.create', '/v1/things', 200, 'acct_test', 'key_secret', false],
  );
  assert.doesNotMatch(JSON.stringify(fields), /Jane|secret-ish|sk_test/);

  const metrics = await registry.metrics();
  assert.match(
    metrics,
    /tollgate_http_requests_total\{operation="things\.create",status="200"\} \d+/,
  );
  assert.match(
    metrics,
    /tollgate_http_request_duration_seconds_bucket\{le="0\.005",operation="things\.create"\}/,
  );
  assert.match(metrics, /tollgate_http_requests_in_flight 0/);
});

test('a list that would look through too much says how to ask for less, and is not to be tried again as it is', async () => {
  let error: Error = new Unavailable('It took too long.', { tookTooLong: true });
  const slow = await startTestServer({
    routes: [
      route({
        method: 'GET',
        path: '/v1/things',
        operation: 'things.list',
        summary: 'List things',
        group: 'Things',
        keys: 'secret',
        list: true,
        parameters: listParameters({ colour: text() }),
        answer: Type.Object({}),
        handle: () => Promise.reject(error),
      }),
    ],
  });
  const filtered = await slow.ask('GET', '/v1/things?colour=red&limit=5');
  assert.deepEqual([filtered.status, filtered.headers['stripe-should-retry']], [400, 'false']);
  assert.match(filtered.body.error.message, /a range of `created`/);
  // Without a filter it is the database that is slow, and so it is where it does not answer.
  assert.equal((await slow.ask('GET', '/v1/things?limit=5')).status, 503);
  error = new Unavailable('It is away.');
  assert.equal((await slow.ask('GET', '/v1/things?colour=red')).status, 503);
  await slow.close();
});
