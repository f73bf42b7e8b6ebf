// Receivers that are none: whoever owns the endpoint reads in a word what is wrong there, and nobody waits for them.

import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { present } from '#kit/assert';
import { untrustedServer } from '../../src/kit/http-client/for-tests.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { waitUntil } from '../support/writers.ts';

const { ask, merchant } = await startGatewayHere();
const { key } = await merchant();

const listen = async (does: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', () => does(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
};
const says = (text: string) => listen((socket) => socket.write(text));
const saysLast = (text: string) => listen((socket) => socket.end(text));
const saysForEver = (text: string) =>
  listen((socket) => {
    const more = (): void =>
      void (socket.destroyed || socket.write(text, () => setImmediate(more)));
    more();
  });

const untrusted = await untrustedServer();
after(() => untrusted.close());
const plain = await says('HTTP/1.1 204 No Content\r\n\r\n');
const cases: readonly (readonly [what: string, url: string, error: string | null])[] = [
  [
    'answers in chunks',
    `http://127.0.0.1:${await says('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n')}`,
    null,
  ],
  [
    'has a certificate that nobody vouches for',
    `https://127.0.0.1:${untrusted.port}`,
    'certificate',
  ],
  ['speaks plainly where TLS was asked for', `https://127.0.0.1:${plain}`, 'tls'],
  [
    'speaks something else',
    `http://127.0.0.1:${await says('SSH-2.0-OpenSSH_9.6\r\n\r\n')}`,
    'not_http',
  ],
  [
    'gives a chunk no size',
    `http://127.0.0.1:${await says('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n')}`,
    'not_http',
  ],
  [
    'never ends its head',
    `http://127.0.0.1:${await says(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}`)}`,
    'not_http',
  ],
  [
    'goes on saying that it may be told',
    `http://127.0.0.1:${await saysForEver('HTTP/1.1 100 Continue\r\n\r\n')}`,
    'not_http',
  ],
  [
    'would speak another protocol',
    `http://127.0.0.1:${await says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n')}`,
    'status',
  ],
  [
    'sends elsewhere',
    `http://127.0.0.1:${await says('HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n')}`,
    'status',
  ],
  [
    'says something where nothing is said',
    `http://127.0.0.1:${await says('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello')}`,
    null,
  ],
  ['is of 1996', `http://127.0.0.1:${await saysLast('HTTP/1.0 200 OK\r\n\r\nhello')}`, null],
  [
    'says less than it announced',
    `http://127.0.0.1:${await saysLast('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello')}`,
    'connection_reset',
  ],
  [
    'says more than it announced',
    `http://127.0.0.1:${await says('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello')}`,
    null,
  ],
  [
    'hangs up',
    `http://127.0.0.1:${await listen((socket) => socket.resetAndDestroy())}`,
    'connection_reset',
  ],
];

for (const [what, url, error] of cases) {
  test(`one that ${what}: ${error ?? 'delivered'}`, async () => {
    const form = `url=${encodeURIComponent(url)}&enabled_events[]=customer.created`;
    const { id } = (await ask('POST', '/v1/webhook_endpoints', { key, form })).body;
    await ask('POST', '/v1/customers', { key, form: 'name=Jenny' });
    let attempts: readonly { readonly error: string | null }[] = [];
    await waitUntil('its attempt', 30_000, async () => {
      const { body } = await ask('GET', `/v1/webhook_deliveries?webhook_endpoint=${id}`, { key });
      attempts = body.data[0]?.attempts ?? [];
      return attempts.length > 0;
    });
    assert.equal(present(attempts[0], 'The attempt').error, error);
    await ask('DELETE', `/v1/webhook_endpoints/${id}`, { key });
  });
}

const shownOf = async (said: string): Promise<string | undefined> => {
  const port = await says(
    `HTTP/1.1 500 Oh\r\nContent-Length: ${Buffer.byteLength(said)}\r\nConnection: close\r\n\r\n${said}`,
  );
  const form = `url=${encodeURIComponent(`http://127.0.0.1:${port}`)}&enabled_events[]=customer.created`;
  const { id } = (await ask('POST', '/v1/webhook_endpoints', { key, form })).body;
  await ask('POST', '/v1/customers', { key, form: 'name=Jenny' });
  let shown: string | undefined;
  await waitUntil('its answer', 30_000, async () => {
    const { body } = await ask('GET', `/v1/webhook_deliveries?webhook_endpoint=${id}`, { key });
    shown = body.data[0]?.attempts[0]?.response;
    return shown !== undefined;
  });
  await ask('DELETE', `/v1/webhook_endpoints/${id}`, { key });
  return shown;
};

test('what one answers is shown without a card number, also where it is cut in the middle of one', async () => {
  const before = 'x'.repeat(490);
  assert.equal(await shownOf(`${before} 4242424242424242`), `${before} ****4242`);
});

test('what one answers is cut for show between two characters, and not within an emoji', async () => {
  const before = 'x'.repeat(499);
  assert.equal(await shownOf(`${before}😀 and so on`), before);
});
