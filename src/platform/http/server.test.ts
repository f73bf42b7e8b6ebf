import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Registry } from '@prometheus-io/client';
import { Type } from 'typebox';
import type { LogFields } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { createHttpMetrics } from './metrics.ts';
import { parametersExclusive } from './refusals.ts';
import type { Route } from './route.ts';
import { route } from './route.ts';
import { amount, id, listParameters, metadata, parameters, required, text } from './schema.ts';
import type { TestServer } from './testing.ts';
import { startTestServer, testInsert, testKeys } from './testing.ts';

const common = {
  group: 'Things',
  object: 'thing',
  answer: Type.Object({}),
  summary: 'A thing',
} as const;

// A slow request says when it is inside its handler, and stays there until the gate opens.
let gate = Promise.withResolvers<void>();
let entered = Promise.withResolvers<void>();
const closeGate = () => {
  gate = Promise.withResolvers();
  entered = Promise.withResolvers();
};

const routes: readonly Route[] = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/things',
    operation: 'things.create',
    keys: 'secret',
    parameters: parameters({ amount: required(amount()), name: text(), metadata: metadata() }),
    handle: async (context, { parameters, requestId }) => ({
      body: { id: 'thing_1', object: 'thing', ...parameters, by: context.actor.id, requestId },
      writes: [{ into: testInsert, row: [parameters.amount] }],
    }),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/things/:thing',
    operation: 'things.retrieve',
    keys: 'secret',
    parameters: parameters({}),
    handle: async (_context, { path, url }) => ({
      body: { id: path['thing'], object: 'thing', url },
    }),
  }),
  route({
    ...common,
    method: 'DELETE',
    path: '/v1/things/:thing',
    operation: 'things.delete',
    keys: 'secret',
    parameters: parameters({ now: text() }),
    handle: async (_context, { path, parameters }) => ({
      body: { id: path['thing'], object: 'thing', deleted: true, ...parameters },
      writes: [{ into: testInsert, row: ['deleted'] }],
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/tokens',
    operation: 'tokens.create',
    keys: 'publishable',
    parameters: parameters({ customer: id() }),
    handle: async (_context, { principal }) => ({ body: { object: 'token', by: principal.keyId } }),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/pages/:page',
    operation: 'pages.retrieve',
    keys: 'public',
    parameters: parameters({}),
    handle: async (context) => ({ body: { object: 'page', actor: context.actor.kind } }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/slow',
    operation: 'slow.create',
    keys: 'secret',
    parameters: parameters({}),
    handle: async () => {
      entered.resolve();
      await gate.promise;
      return { body: { object: 'slow' }, writes: [{ into: testInsert, row: ['slow'] }] };
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/bug',
    operation: 'bug.retrieve',
    keys: 'secret',
    parameters: parameters({}),
    handle: () => Promise.reject(new TypeError('password of the database is hunter2')),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/refusal',
    operation: 'refusal.retrieve',
    keys: 'secret',
    parameters: parameters({}),
    handle: () => Promise.reject(parametersExclusive(['a', 'b'])),
  }),
];

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

describe('a URL', () => {
  const unknown: readonly [method: string, path: string, shown: string][] = [
    ['GET', '/v1/x', 'GET: /v1/x'],
    ['PUT', '/v1/things', 'PUT: /v1/things'],
    ['PATCH', '/v1/things', 'PATCH: /v1/things'],
    ['GET', '/v1/things/', 'GET: /v1/things/'],
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

/** Bytes as they are, and what comes back until the server closes. */
const raw = (bytes: string, port = server.port): Promise<string> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
  });

describe('bytes that are not a request', () => {
  const broken: readonly [what: string, bytes: string, status: number][] = [
    ['nonsense', 'hello\r\n\r\n', 400],
    [
      'a NUL in a header',
      'POST /v1/things HTTP/1.1\r\nHost: a\r\nIdempotency-Key: a\0b\r\n\r\n',
      400,
    ],
    [
      'a bare CR in a header',
      'POST /v1/things HTTP/1.1\r\nHost: a\r\nIdempotency-Key: a\rb: c\r\n\r\n',
      400,
    ],
    [
      'two lengths',
      'POST /v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
    [
      'length and chunks',
      'POST /v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['headers without end', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ];
  for (const [what, bytes, status] of broken) {
    test(`(${what}) get an error that can be read`, async () => {
      const answer = await raw(bytes);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
      assert.equal(body.error.type, 'invalid_request_error');
      assert.match(answer, /\r\nRequest-Id: req_/);
    });
  }
});

test('a body that drips in is ended by the time limit', async () => {
  const impatient = await startTestServer({
    routes,
    settings: { publicUrl: 'http://pay.test', requestTimeoutMs: 300, headersTimeoutMs: 300 },
  });
  const answer = await raw(
    `POST /v1/things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${testKeys.secret}\r\nContent-Length: 100\r\n\r\nam`,
    impatient.port,
  );
  assert.match(answer, /^HTTP\/1\.1 408 /);
  await impatient.close();
  assert.deepEqual(impatient.committed, []);
});

test('a caller who hangs up within the body leaves nothing behind', async () => {
  // Were it still counted, the server would wait for it until this test is given up.
  const settings = { publicUrl: 'http://pay.test', closeTimeoutMs: 3_600_000 };
  const left = await startTestServer({ routes, settings });
  const socket = connect(left.port, '127.0.0.1', () => {
    socket.write(
      `POST /v1/things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${testKeys.secret}\r\nContent-Length: 100\r\n\r\namount=5`,
    );
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));

  await left.close();
  assert.deepEqual(left.committed, []);
});

test('a caller who hangs up while others are ahead leaves nothing behind', async () => {
  closeGate();
  const settings = { publicUrl: 'http://pay.test', closeTimeoutMs: 3_600_000 };
  const left = await startTestServer({ routes, settings });
  const ahead = left.ask('POST', '/v1/slow');
  await entered.promise;
  // Its body is there as a whole, and nobody has read it yet.
  for (const body of ['amount=5', 'amo']) {
    const socket = connect(left.port, '127.0.0.1', () => {
      socket.write(
        `POST /v1/things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${testKeys.secret}\r\nContent-Length: 8\r\n\r\n${body}`,
        () => socket.destroy(),
      );
    });
    await new Promise((resolve) => socket.once('close', resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  gate.resolve();
  assert.equal((await ahead).status, 200);
  await left.close();
});

test('a caller who hangs up does not stop the work', async () => {
  closeGate();
  const before = server.committed.length;
  const socket = connect(server.port, '127.0.0.1', () => {
    socket.write(
      `POST /v1/slow HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${testKeys.secret}\r\nContent-Length: 0\r\n\r\n`,
    );
  });
  await entered.promise;
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  gate.resolve();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(server.committed.slice(before), [['slow']]);
});

describe('a server that closes', () => {
  test('lets what runs finish, and takes nothing new', async () => {
    closeGate();
    const closing = await startTestServer({ routes });
    const running = closing.ask('POST', '/v1/slow');
    await entered.promise;

    const closed = closing.close();
    await assert.rejects(closing.ask('GET', '/v1/things/t'));
    gate.resolve();
    const { status, headers } = await running;
    assert.deepEqual([status, headers.connection], [200, 'close']);
    await closed;
  });

  test('does not wait for ever', async () => {
    closeGate();
    const closing = await startTestServer({
      routes,
      settings: { publicUrl: 'http://pay.test', closeTimeoutMs: 50 },
    });
    const running = assert.rejects(closing.ask('POST', '/v1/slow'));
    await entered.promise;
    await closing.close();
    await running;
    gate.resolve();
  });

  test('ends kept connections', async () => {
    const closing = await startTestServer({ routes });
    const answer = raw(
      `GET /v1/things/t HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${testKeys.secret}\r\n\r\n`,
      closing.port,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    await closing.close();
    assert.match(await answer, /^HTTP\/1\.1 200 /);
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

test('more requests than there is room for get 503 at once', async () => {
  closeGate();
  const small = await startTestServer({
    routes,
    settings: { publicUrl: 'http://pay.test', inFlightMax: 1 },
  });
  const running = small.ask('POST', '/v1/slow');
  await entered.promise;
  const { status, headers } = await small.ask('GET', '/v1/things/t');
  assert.deepEqual(
    [status, headers['retry-after'], headers['stripe-should-retry']],
    [503, '1', 'true'],
  );
  gate.resolve();
  assert.equal((await running).status, 200);
  await small.close();
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
