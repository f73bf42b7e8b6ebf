// What becomes of connections: bytes that are no request, callers who hang up, and a server that closes or is full.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Registry } from '@prometheus-io/client';
import type { LogFields } from '#kit/context';
import { silentLog } from '../../kit/context/for-tests.ts';
import { closeGate, routes } from './for-tests-routes.ts';
import { createHttpMetrics } from './metrics.ts';
import type { TestServer } from './testing.ts';
import { startTestServer, testKeys } from './testing.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer({ routes });
});
after(() => server.close());

/** Bytes as they are, and what comes back until the server closes. */
const raw = (bytes: string, port: number): Promise<string> =>
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
      const answer = await raw(bytes, server.port);
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

test('however many send their bodies for ever, nobody else is told that the server is busy', async () => {
  const said: LogFields[] = [];
  const log = { ...silentLog, warn: (fields: LogFields) => void said.push(fields) };
  const registry = new Registry();
  const metrics = createHttpMetrics(registry);
  const crowd = await startTestServer({ routes, contextChanges: { log }, metrics });
  const head = 'POST /v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nam';
  const hungUp = Promise.withResolvers<void>();
  let closed = 0;
  const sockets = Array.from({ length: 2_100 }, () => {
    const socket = connect(crowd.port, '127.0.0.1', () => socket.write(head));
    socket.on('close', () => {
      closed += 1;
      if (closed === 1_100) hungUp.resolve();
    });
    socket.on('data', (answer) => hungUp.reject(new Error(String(answer))));
    // That it was hung up on.
    return socket.on('error', () => {});
  });
  await hungUp.promise;
  const answer = await crowd.ask('POST', '/v1/things', { form: 'amount=5' });
  assert.equal(answer.status, 200);
  for (const socket of sockets) socket.destroy();
  await crowd.close();
  // The clock stands still: the others would be told of with the next line.
  assert.deepEqual(said, [{ count: 1 }]);
  const [, counted] =
    /tollgate_http_bodies_hung_up_on_total (\d+)/.exec(await registry.metrics()) ?? [];
  assert.ok(Number(counted) >= 1_100);
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
  const gate = closeGate();
  const settings = { publicUrl: 'http://pay.test', closeTimeoutMs: 3_600_000 };
  const left = await startTestServer({ routes, settings });
  const ahead = left.ask('POST', '/v1/slow');
  await gate.entered.promise;
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
  gate.opened.resolve();
  assert.equal((await ahead).status, 200);
  await left.close();
});

test('a caller who hangs up does not stop the work', async () => {
  const gate = closeGate();
  const before = server.committed.length;
  const socket = connect(server.port, '127.0.0.1', () => {
    socket.write(
      `POST /v1/slow HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${testKeys.secret}\r\nContent-Length: 0\r\n\r\n`,
    );
  });
  await gate.entered.promise;
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  gate.opened.resolve();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(server.committed.slice(before), [['slow']]);
});

describe('a server that closes', () => {
  test('lets what runs finish, and takes nothing new', async () => {
    const gate = closeGate();
    const closing = await startTestServer({ routes });
    const running = closing.ask('POST', '/v1/slow');
    await gate.entered.promise;

    const closed = closing.close();
    await assert.rejects(closing.ask('GET', '/v1/things/t'));
    gate.opened.resolve();
    const { status, headers } = await running;
    assert.deepEqual([status, headers.connection], [200, 'close']);
    await closed;
  });

  test('does not wait for ever', async () => {
    const gate = closeGate();
    const closing = await startTestServer({
      routes,
      settings: { publicUrl: 'http://pay.test', closeTimeoutMs: 50 },
    });
    const running = assert.rejects(closing.ask('POST', '/v1/slow'));
    await gate.entered.promise;
    await closing.close();
    await running;
    gate.opened.resolve();
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

test('more requests than there is room for get 503 at once', async () => {
  const gate = closeGate();
  const small = await startTestServer({
    routes,
    settings: { publicUrl: 'http://pay.test', inFlightMax: 1 },
  });
  const running = small.ask('POST', '/v1/slow');
  await gate.entered.promise;
  const { status, headers } = await small.ask('GET', '/v1/things/t');
  assert.deepEqual(
    [status, headers['retry-after'], headers['stripe-should-retry']],
    [503, '1', 'true'],
  );
  gate.opened.resolve();
  assert.equal((await running).status, 200);
  await small.close();
});
