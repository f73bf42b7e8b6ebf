// Where a webhook may connect to is judged on what a name resolves to at that moment, for every address.

import assert from 'node:assert/strict';
import names from 'node:dns/promises';
import { createServer } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, mock, test } from 'node:test';
import { AddressRefused, systemNetwork } from '#kit/context';

let connections = 0;
const server = createServer((_request, response) => void response.end('inside'));
server.on('connection', () => {
  connections += 1;
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => void server.close());
const { port } = server.address() as AddressInfo;

const post = (host: string, mayConnect: (address: string) => boolean) =>
  systemNetwork.post({
    url: `http://${host}:${port}/`,
    headers: {},
    body: Buffer.from('{}'),
    mayConnect,
    connectTimeoutMs: 2_000,
    timeoutMs: 5_000,
    answerBytesMax: 100,
  });

test('a name whose address is refused is never connected to', async () => {
  const judged: string[] = [];
  await assert.rejects(
    post('localhost', (address) => {
      judged.push(address);
      return false;
    }),
    AddressRefused,
  );
  assert.ok(judged.length > 0);
  assert.equal(connections, 0);
});

test('one refused address among several is enough', async () => {
  await assert.rejects(
    post('localhost', (address) => address === '::1'),
    (error: unknown) =>
      error instanceof AddressRefused || (error as { code: string }).code === 'ECONNREFUSED',
  );
  assert.equal(connections, 0);
});

test('an address that was judged good is the one that is connected to', async () => {
  const { status, body } = await post('127.0.0.1', (address) => address === '127.0.0.1');
  assert.deepEqual([status, body.toString()], [200, 'inside']);
  assert.equal(connections, 1);
});

test('a name is judged with each call, and a second later by where it leads then', async () => {
  let leadsTo = '127.0.0.1';
  const asked = mock.method(names, 'lookup', () =>
    Promise.resolve([{ address: leadsTo, family: 4 }]),
  );
  syncBuiltinESMExports();
  const isInside = (address: string): boolean => address === '127.0.0.1';
  const begunMs = performance.now();
  try {
    await Promise.all([post('hook.example', isInside), post('hook.example', isInside)]);
    assert.equal((await post('hook.example', isInside)).status, 200);
    await assert.rejects(
      post('hook.example', () => false),
      AddressRefused,
    );
    // A crowded machine may have taken that second already.
    const isWithinTheSecond = performance.now() - begunMs < 1_000;
    if (isWithinTheSecond) assert.equal(asked.mock.callCount(), 1);

    const before = connections;
    const timesAsked = asked.mock.callCount();
    leadsTo = '10.1.2.3';
    await new Promise((done) => setTimeout(done, 1_050));
    await assert.rejects(post('hook.example', isInside), AddressRefused);
    assert.equal(asked.mock.callCount(), timesAsked + 1);
    assert.equal(connections, before);
  } finally {
    asked.mock.restore();
    syncBuiltinESMExports();
  }
});

test('a name that could not be resolved is asked for again at once', async () => {
  const asked = mock.method(names, 'lookup', () => Promise.reject(new Error('nobody knows')));
  syncBuiltinESMExports();
  try {
    for (let n = 0; n < 2; n += 1) {
      await assert.rejects(
        post('nobody.example', () => true),
        { message: 'nobody knows' },
      );
    }
    assert.equal(asked.mock.callCount(), 2);
  } finally {
    asked.mock.restore();
    syncBuiltinESMExports();
  }
});

test('where nobody is at one address of a name the next is told, and at once from then on', async () => {
  // Of the machine itself, as all of 127.0.0.0/8 is, or of none.
  const dead = '127.0.0.2';
  const asked = mock.method(names, 'lookup', () =>
    Promise.resolve([dead, '127.0.0.1'].map((address) => ({ address, family: 4 }))),
  );
  syncBuiltinESMExports();
  try {
    const before = connections;
    for (let n = 0; n < 3; n += 1) {
      assert.equal((await post('two.example', () => true)).body.toString(), 'inside');
    }
    assert.equal(connections, before + 1, 'Over a connection that was kept');
    const judged: string[] = [];
    await assert.rejects(
      post('two.example', (address) => {
        judged.push(address);
        return address !== dead;
      }),
      AddressRefused,
    );
    assert.deepEqual(judged, [dead]);
  } finally {
    asked.mock.restore();
    syncBuiltinESMExports();
  }
});
