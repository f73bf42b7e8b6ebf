// Other providers in the sandbox: mounted from their connectors' folders, told of at the addresses that were registered
// with them, and remembered when the sandbox is started again.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#kit/context';
import { type Providers, startProviders } from '../../sandbox/providers/providers.ts';
import { temporaryFolder } from '../../src/kit/context/for-tests.ts';
import { API_KEY } from '../../src/rails/psp/stripe/simulator/index.ts';
import { signatureOf } from '../../src/rails/psp/stripe/simulator/tell.ts';

const folder = fileURLToPath(new URL('../../src/rails/psp/', import.meta.url));
const dataFolder = temporaryFolder('providers');
const world = { clock: systemClock, nowMs: () => systemClock.now() };
const start = (): Promise<Providers> => startProviders(world, { folder, port: 0, dataFolder });

const ask = async ({ port }: Providers, path: string, form?: Record<string, string>) => {
  const answer = await fetch(`http://127.0.0.1:${port}/stripe${path}`, {
    ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    headers: { authorization: `Bearer ${API_KEY}` },
    redirect: 'manual',
  });
  const said = await answer.text();
  return { status: answer.status, body: said.startsWith('{') ? JSON.parse(said) : null };
};

test('a provider is mounted, tells of what happens, and knows it after a restart', async () => {
  const heard: { readonly body: string; readonly signature: string }[] = [];
  const { promise: told, resolve } = Promise.withResolvers<void>();
  const hear = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const signature = String(request.headers['stripe-signature']);
    heard.push({ body: await text(request), signature });
    response.writeHead(heard.length === 1 ? 503 : 200).end();
    if (heard.length === 2) resolve();
  };
  const sink = createServer((request, response) => void hear(request, response));
  await new Promise<void>((listening) => sink.listen(0, '127.0.0.1', listening));
  after(() => void sink.close());
  const url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/hook`;

  const first = await start();
  assert.deepEqual(first.names, ['stripe']);
  const { body: endpoint } = await ask(first, '/v1/webhook_endpoints', { url });
  const { body: intent } = await ask(first, '/v1/payment_intents', {
    amount: '2500',
    currency: 'eur',
    confirm: 'true',
    capture_method: 'automatic',
    'payment_method_types[]': 'ideal',
    'payment_method_data[type]': 'ideal',
    return_url: 'https://shop.test/back',
  });
  assert.equal(intent.status, 'requires_action');
  const bank = new URL(intent.next_action.redirect_to_url.url);
  assert.equal(bank.pathname, `/stripe/bank/${intent.id}`);
  assert.equal((await ask(first, `/bank/${intent.id}`, { do: 'approve' })).status, 303);
  // The first time nobody had an ear for it.
  await told;
  const [, { body, signature } = { body: '', signature: '' }] = heard;
  const event = JSON.parse(body);
  assert.deepEqual([event.type, event.data.object.id], ['payment_intent.succeeded', intent.id]);
  const [, time = '0'] = /^t=(\d+),/.exec(signature) ?? [];
  assert.equal(signature, signatureOf(endpoint.secret, body, Number(time) * 1_000));
  await first.stop();

  const second = await start();
  after(() => second.stop());
  const { body: known } = await ask(second, `/v1/payment_intents/${intent.id}`);
  assert.deepEqual([known.status, known.amount_received], ['succeeded', 2_500]);
  assert.equal((await ask(second, '/v1/webhook_endpoints', { url })).body.secret, endpoint.secret);
});
