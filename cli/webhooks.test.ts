// tollgate listen, trigger and events resend, as somebody uses them who writes a shop on this machine.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import Stripe from 'stripe';
import { startGatewayHere } from '../test/support/gateway.ts';
import { program, tollgate as runTollgate } from './for-tests.ts';
import { forward } from './forward-event.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const where = ['--url', `http://127.0.0.1:${gateway.port}`, '--key', merchant.key];
const verifier = new Stripe('sk_test_none');

const tollgate = (...args: string[]) => runTollgate([...args, ...where]);
const run = (...args: string[]) => runTollgate(args);

const got: { body: Buffer; signature: string; sequence: string | undefined }[] = [];
const shop = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    got.push({
      body: Buffer.concat(chunks),
      signature: String(request.headers['stripe-signature']),
      sequence: request.headers['tollgate-sequence'] as string | undefined,
    });
    const isBroken = request.url?.endsWith('?broken') === true;
    if (isBroken) response.writeHead(500).end('no such\r\n\u001border here\n');
    else response.writeHead(204).end();
  });
});
await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
after(() => void shop.close());
const shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/webhook`;

const serve = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const until = async (
  holds: () => boolean | Promise<boolean>,
  told: () => string,
): Promise<void> => {
  for (let tries = 0; tries < 2_400; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`It did not come: ${told()}`);
};

test('listen forwards what happens, signed with the secret that it prints', async () => {
  const child = spawn(
    process.execPath,
    [
      program,
      'listen',
      '--forward-to',
      shopUrl,
      '--events',
      'refund.created, customer.*',
      ...where,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (out += String(chunk)));
  try {
    await until(
      () => /whsec_/.test(out),
      () => out,
    );
    const [secret = ''] = /whsec_[\w+/=]+/.exec(out) ?? [];
    // What happens once it says that it listens is told.
    const made = await tollgate('trigger', 'customer.updated');
    assert.match(made.out, /\ncustomer\.updated {2}evt_\w+\n$/, made.err);
    await until(
      () => got.length > 1,
      () => out,
    );
    const told: Record<string, string[]> = {};
    for (const { body, signature, sequence = '' } of got) {
      const { type, data } = verifier.webhooks.constructEvent(body, signature, secret);
      assert.match(type, /^customer\./);
      (told[(data.object as { id: string }).id] ??= []).push(sequence);
    }
    // Numbered from one within each object, as deliveries are.
    for (const sequences of Object.values(told)) {
      assert.deepEqual(
        sequences,
        sequences.map((_, at) => String(Number(sequences[0]) + at)),
      );
      assert.match(sequences[0] ?? '', /^[12]$/);
    }
    await until(
      () => /--> customer\.\w+ +cus_\w+ +evt_\w+\n +<-- 204/.test(out),
      () => out,
    );
  } finally {
    child.kill('SIGTERM');
  }
});

test('listen does not wait for events that nothing is called', async () => {
  for (const [types, wrong] of [
    ['payment_intent.suceeded', 'payment_intent.suceeded'],
    ['charge.*,invoice.*', 'invoice.*'],
  ] as const) {
    const said = await tollgate('listen', '--forward-to', shopUrl, '--events', types);
    assert.equal(said.code, 1);
    assert.ok(
      said.err.startsWith(`No event is called "${wrong}"; there are customer.created, `),
      said.err,
    );
  }
});

test('listen waits for a gateway that is away, and misses nothing of what happened meanwhile', async () => {
  let isAway = false;
  const door = createServer((request, response) => {
    if (isAway) return void request.socket.destroy();
    const { authorization = '' } = request.headers;
    void fetch(`http://127.0.0.1:${gateway.port}${request.url}`, { headers: { authorization } })
      .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
      .catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  const child = spawn(
    process.execPath,
    [program, 'listen', '--forward-to', `${shopUrl}?broken`, '--url', url, '--key', merchant.key],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const make = async (name: string): Promise<string> => {
    const made = await gateway.ask('POST', '/v1/customers', {
      key: merchant.key,
      form: `name=${name}`,
    });
    return String(made.body.id);
  };
  const all = (): string => `${out}\n${err}`;
  try {
    await until(() => out.includes('Signing secret'), all);
    isAway = true;
    await until(() => err.includes('Waiting for it'), all);
    const meanwhile = await make('Meanwhile');
    isAway = false;
    await until(() => out.includes(meanwhile), all);
    assert.equal(
      err,
      `Nothing answers at ${url}. Waiting for it; nothing is missed.\n${url} answers again.\n`,
    );
    // What the shop says of an event that it does not take is the reason one looks for.
    await until(
      () => out.includes(`${meanwhile}  evt_`) && out.endsWith('no such order here\n'),
      all,
    );
    assert.match(out, / {10}<-- 500 no such order here\n/);
    assert.equal(child.exitCode, null);
  } finally {
    child.kill('SIGTERM');
    door.closeAllConnections();
    door.close();
  }
});

for (const [name, ...args] of [
  ['events tail', 'events', 'tail'],
  ['listen', 'listen', '--forward-to', shopUrl],
] as const) {
  test(`${name} ends quietly when what reads it has seen enough, as | head has`, async () => {
    const child = spawn(process.execPath, [program, ...args, ...where]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    const make = () => tollgate('trigger', 'customer.created');
    try {
      // It does not say that it has begun: what happens until one is seen may have been before.
      await until(
        async () => (await make()).code === 0 && / evt_/.test(out),
        () => `${out}\n${err}`,
      );
      child.stdout.destroy();
      await make();
      await until(
        () => child.exitCode !== null,
        () => err,
      );
      assert.deepEqual([child.exitCode, err], [0, '']);
    } finally {
      child.kill('SIGKILL');
    }
  });
}

test('trigger says which events it can make, and refuses others', async () => {
  const { code, err } = await tollgate('trigger', 'customer.exploded');
  assert.equal(code, 1);
  assert.match(err, /^There is no recipe for "customer\.exploded"; there are customer\.created, /);
  const made = await tollgate('trigger', 'payment_method.attached');
  assert.equal(made.code, 0, made.err);
  assert.match(
    made.out,
    /POST \/v1\/customers {2}cus_\w+\nPOST \/v1\/payment_methods\/pm_card_visa\/attach {2}pm_\w+/,
  );
});

test('the gateway is found by an address as people write it, and whoever else answers there is told', async () => {
  const key = ['--key', merchant.key];
  for (const url of [`127.0.0.1:${gateway.port}`, `http://127.0.0.1:${gateway.port}/v1/`]) {
    const made = await run('trigger', 'customer.created', '--url', url, ...key);
    assert.equal(made.code, 0, made.err);
  }
  const other = await run('clock', 'show', '--url', shopUrl, ...key);
  assert.match(other.err, /answered 204, and not as a gateway does\.\n$/);
});

test('trigger makes nothing up in live mode', async () => {
  const url = ['--url', `http://127.0.0.1:${gateway.port}`];
  const { code, err } = await run('trigger', 'customer.created', ...url, '--key', 'sk_live_none');
  assert.deepEqual(
    [code, err],
    [1, 'This key is of live mode, where nothing is made up: trigger takes one of test mode.\n'],
  );
});

test('a key that was copied from a document, and one that is empty, is said to be none', async () => {
  const url = ['--url', `http://127.0.0.1:${gateway.port}`];
  for (const key of ['sk_test_…', '']) {
    const { code, err } = await run('clock', 'show', ...url, '--key', key);
    assert.equal(code, 1);
    assert.match(err, /^That is no key: /);
  }
});

test('a variable that is empty is as if it were not there', async () => {
  const empty = { ...process.env, STRIPE_API_KEY: '', STRIPE_WEBHOOK_SECRET: '' };
  const [nowhere, to] = [mkdtempSync(join(tmpdir(), 'tollgate-')), ['--forward-to', shopUrl]];
  const elsewhere = { ...empty, TOLLGATE_DATA: nowhere };
  const keyless = await runTollgate(['clock', 'show', '--url', 'localhost:1'], elsewhere);
  assert.match(keyless.err, /^No gateway was found: /);
  await tollgate('trigger', 'customer.created');
  const { body } = await gateway.ask('GET', '/v1/events?limit=1', { key: merchant.key });
  const id = body.data[0]?.id ?? '';
  const unsigned = await runTollgate(['events', 'resend', id, ...to, ...where], empty);
  assert.match(unsigned.err, /^Say with --secret which one to sign with/);
  rmSync(nowhere, { recursive: true });
});

test('what is forwarded to is an address that an endpoint could have', async () => {
  const { code, err } = await tollgate(
    'listen',
    '--forward-to',
    'http://jenny:secret@localhost:3000',
  );
  assert.equal(code, 2);
  assert.match(err, /No endpoint has a user name or a password/);
});

describe('what a server answers that is forwarded to', () => {
  const event = { id: 'evt_1', type: 'customer.created', created: 1, data: { object: {} } };
  const secret = 'whsec_b25seUZvclRlc3Rz';

  test('counts as soon as there is as much of it as is read of an endpoint', async () => {
    const to = await serve((_, response) => void response.write('x'.repeat(64_000)));
    assert.equal(await forward(event, undefined, { to, secret }), '200');
  });

  test('is the reason why it was not asked, where it was not', async () => {
    // One of the ports that no browser asks, nor the runtime.
    const to = 'http://127.0.0.1:6000/';
    assert.match(await forward(event, undefined, { to, secret }), /bad port/);
  });
});

test('events resend tells every endpoint, however many they are', async () => {
  const pages = [0, 1, 2].map((page) =>
    Array.from({ length: page < 2 ? 100 : 1 }, (_, n) => ({
      id: `whd_${page * 100 + n}`,
      webhook_endpoint: 'we_1',
    })),
  );
  const told: string[] = [];
  const answerTo = (url: URL): object => {
    const [, again] = /(whd_\d+)\/resend$/.exec(url.pathname) ?? [];
    if (again !== undefined) told.push(again);
    if (url.pathname !== '/v1/webhook_deliveries') return { id: 'evt_1', status: 'enabled' };
    const after = url.searchParams.get('starting_after');
    const page = after === null ? 0 : Number(after.slice(4, -2)) + 1;
    return { data: pages[page], has_more: page < 2 };
  };
  const url = await serve((request, response) => {
    response.end(JSON.stringify(answerTo(new URL(request.url ?? '', 'http://localhost'))));
  });
  const ended = await run('events', 'resend', 'evt_1', '--url', url, '--key', merchant.key);
  assert.deepEqual([ended.code, new Set(told).size, told.length], [0, 201, 201], ended.err);
});

test('trigger takes back what it made where that is the event', async () => {
  const gone = await tollgate('trigger', 'customer.deleted');
  assert.match(gone.out, /DELETE \/v1\/customers\/cus_\w+ {2}cus_\w+/, gone.err);
  for (const event of ['customer.source.updated', 'customer.source.deleted']) {
    const made = await tollgate('trigger', event);
    assert.equal(made.code, 0, made.err);
    const { body } = await gateway.ask('GET', `/v1/events?type=${event}&limit=1`, {
      key: merchant.key,
    });
    assert.equal(body.data[0]?.type, event);
  }
});

test('events resend tells an event again, and says so when nobody was owed it', async () => {
  const stripe = new Stripe(merchant.key, {
    host: '127.0.0.1',
    port: gateway.port,
    protocol: 'http',
  });
  const customer = await stripe.customers.create({ name: 'Nobody hears' });
  const [quiet] = (await stripe.events.list({ limit: 1 })).data;
  const none = await tollgate('events', 'resend', quiet?.id ?? '');
  assert.deepEqual(
    [none.code, none.err],
    [
      1,
      `No endpoint was owed ${quiet?.id}, so there is nothing to tell again. To a server that listens with tollgate listen: --forward-to <url> --secret <whsec>.\n`,
    ],
  );
  const secret = 'whsec_b25seUZvclRlc3Rz';
  const to = ['--forward-to', shopUrl, '--secret', secret];
  const posted = await tollgate('events', 'resend', quiet?.id ?? '', ...to);
  assert.equal(posted.out, 'customer.created <-- 204\n', posted.err);
  const { body, signature } = got.at(-1) ?? assert.fail('Nothing was posted');
  assert.equal(verifier.webhooks.constructEvent(body, signature, secret).id, quiet?.id);

  const before = got.length;
  const endpoint = await stripe.webhookEndpoints.create({
    url: shopUrl,
    enabled_events: ['customer.deleted'],
  });
  await stripe.customers.del(customer.id);
  await until(
    () => got.length === before + 1,
    () => `${got.length}`,
  );
  const [event] = (await stripe.events.list({ limit: 1 })).data;
  const again = await tollgate('events', 'resend', event?.id ?? '');
  assert.equal(again.out, `Telling ${endpoint.id} again.\n`, again.err);
  await until(
    () => got.length === before + 2,
    () => `${got.length}`,
  );
  assert.deepEqual(got.at(-1)?.body, got.at(-2)?.body);

  // Nobody waits for what does not come.
  const undelivered = async () =>
    (await stripe.events.list({ delivery_success: false })).data.map(({ id }) => id);
  await until(
    async () => (await undelivered()).length === 0,
    () => 'It was told, and noted.',
  );
  await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
  const later = await tollgate('events', 'resend', event?.id ?? '');
  const waits = `${endpoint.id} is disabled: it is told when it is enabled again.\n`;
  assert.deepEqual([later.code, later.out], [0, waits], later.err);
  assert.equal((await stripe.events.retrieve(event?.id ?? '')).pending_webhooks, 1);
  assert.deepEqual(await undelivered(), [event?.id]);
  await stripe.webhookEndpoints.del(endpoint.id);
  const never = await tollgate('events', 'resend', event?.id ?? '');
  assert.deepEqual(
    [never.code, never.err],
    [1, `The endpoint ${endpoint.id} was deleted: it is told nothing any more.\n`],
  );
  assert.equal((await stripe.events.retrieve(event?.id ?? '')).pending_webhooks, 0);
  assert.deepEqual(await undelivered(), []);
  const waiting = await gateway.ask('GET', '/v1/webhook_deliveries?status=waiting', {
    key: merchant.key,
  });
  assert.deepEqual(waiting.body.data, []);
});
