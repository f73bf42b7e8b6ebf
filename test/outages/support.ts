// A provider over HTTP that is slow, mute, or cuts off whoever waits, by a proxy between it and the gateway.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';
import { apiKey } from '../../src/rails/psp/stripe/for-tests-simulator.ts';
import type { Ask } from '../support/ask.ts';

export type Proxy = {
  readonly url: string;
  /** How many have arrived. */
  readonly payments: () => number;
  /** So long the answer to each request is kept, by its number. Without an end: until it is cut off; null: it is. */
  keep: (n: number) => number | null;
  /** Whoever waits is told nothing, and the connection ends. */
  cutOff(): void;
};

/** What it is asked it passes on at once, and answers later. */
export const startProxy = async (upstream: string): Promise<Proxy> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
  const sockets = new Set<Socket>();
  const waiting = new Map<ServerResponse, NodeJS.Timeout | null>();
  let count = 0;
  let payments = 0;
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await wholeOf(request);
    if (request.method === 'POST') payments += 1;
    const ms = proxy.keep(count++);
    const { method, url = '/', headers } = request;
    const onward = send(new URL(url, upstream), { method, headers, agent });
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const text = await wholeOf(answer);
    const tell = (): void => {
      waiting.delete(response);
      response.writeHead(answer.statusCode ?? 500, answer.headers).end(text);
    };
    if (ms === 0) return tell();
    if (ms === null) {
      response.destroy();
      return;
    }
    waiting.set(response, Number.isFinite(ms) ? setTimeout(tell, ms) : null);
  };
  const cutOff = (): void => {
    for (const [response, alarm] of waiting) {
      if (alarm !== null) clearTimeout(alarm);
      response.destroy();
    }
    waiting.clear();
  };
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    cutOff();
    for (const socket of sockets) socket.destroy();
    agent.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const proxy: Proxy = {
    url: `http://127.0.0.1:${port}`,
    payments: () => payments,
    keep: () => 0,
    cutOff,
  };
  return proxy;
};

const wholeOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** As a merchant does it whose provider is Stripe, at that address. */
export const openStripeAt = async (ask: Ask, key: string, url: string): Promise<void> => {
  const form = `connector=stripe&settings[secret_key]=${apiKey}&settings[api_base]=${url}`;
  const made = await ask('POST', '/v1/connector_accounts', { key, form });
  assert.equal(made.status, 200, made.text);
};
