// Where a webhook may connect to is judged on what a name resolves to at that moment, for every address.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
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
    url: new URL(`http://${host}:${port}/`),
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
