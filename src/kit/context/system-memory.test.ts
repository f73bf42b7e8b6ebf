import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { after, test } from 'node:test';
import { systemNetwork } from '#kit/context';
import { oldMemoryGrownBy } from '../passing/for-tests-memory.ts';

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    const isWhole = bytes.subarray(-5).toString() === 'told.';
    if (isWhole) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  });
});
after(() => server.close());
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

test('nothing of what was said to a provider is kept', async () => {
  const grown = await oldMemoryGrownBy(500, (n) =>
    systemNetwork.exchange({
      method: 'POST',
      url: `http://127.0.0.1:${port}/`,
      headers: { 'content-type': 'text/plain' },
      body: `${'x'.repeat(20_000)}${n} told.`,
      bytesMax: 100,
      signal: new AbortController().signal,
    }),
  );
  assert.ok(grown < 2, `${grown.toFixed(1)} MB are kept`);
});

test('nothing of what was told is kept', async () => {
  const grown = await oldMemoryGrownBy(500, (n) =>
    systemNetwork.post({
      url: `http://127.0.0.1:${port}/`,
      headers: { 'content-type': 'text/plain' },
      body: `${'x'.repeat(20_000)}${n} told.`,
      mayConnect: () => true,
      connectTimeoutMs: 5_000,
      timeoutMs: 5_000,
      answerBytesMax: 100,
    }),
  );
  assert.ok(grown < 2, `${grown.toFixed(1)} MB are kept`);
});
