import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { addressOf, apiClient } from './api-client.ts';
import { followEvents } from './follow-events.ts';

const listenWith = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('whoever follows events waits for a gateway that dies in the middle of an answer', async () => {
  const feeds = [
    { data: [], has_more: false, next: 1 },
    'breaks off',
    { data: [{ event: { id: 'evt_1', type: 'customer.created' } }], has_more: false, next: 2 },
  ];
  const url = await listenWith((_, response) => {
    const feed = feeds.shift();
    response.writeHead(200, { 'Content-Type': 'application/json' });
    if (feed !== 'breaks off') response.end(JSON.stringify(feed));
    else response.write('{"data":[', () => response.destroy());
  });
  class Enough extends Error {}
  const seen: string[] = [];
  const following = followEvents(apiClient({ url, key: 'sk_test_none' }), undefined, ({ id }) => {
    seen.push(id);
    throw new Enough();
  });
  await assert.rejects(following, Enough);
  assert.deepEqual(seen, ['evt_1']);
});

test('whoever answers with something else is no gateway, and is not waited for', async () => {
  const url = await listenWith((_, response) => void response.end('<p>Welcome'));
  const following = followEvents(apiClient({ url, key: 'sk_test_none' }), undefined, () => {});
  const message = `${url} answered 200, and not as a gateway does.`;
  await assert.rejects(following, { message });
});

describe('an address without a scheme', () => {
  test('is asked in clear on this machine', () => {
    for (const host of ['localhost', 'LOCALHOST:4242', '127.0.0.1:4242', '127.8.8.8', '[::1]:4242'])
      assert.equal(addressOf(`${host}/v1/`), `http://${host}`);
  });

  test('is asked over TLS anywhere else: the secret key goes along', () => {
    for (const host of [
      'pay.example.com',
      '10.0.0.7:4242',
      '127.example.com',
      'localhost.example.com:4242',
      'localhost:1@example.com',
      '[::2]:4242',
    ])
      assert.equal(addressOf(host), `https://${host}`);
  });

  test('is nothing to guess where the scheme is there', () => {
    for (const url of ['http://gateway:4242', 'https://localhost', 'HTTP://gateway:4242'])
      assert.equal(addressOf(url), url);
  });
});
