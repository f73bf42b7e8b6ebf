// Whatever is sent, the gateway answers: soon, in JSON, with a request id, and never with a 5xx. And
// afterwards it still works, and its database is healthy.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { gatherRoutes } from '../src/roles/api.ts';
import { runs, seed } from './support/full.ts';
import { openShop } from './support/payments.ts';
import { type RandomRequest, randomRequest } from './support/random-request.ts';
import { createRawConnection, type RawAnswer } from './support/raw-connection.ts';

const REQUESTS = runs(10_000, 100_000);
const CONNECTIONS = 16;
const AT_ONCE = 500;
// So long it is waited for an answer before the request is taken to hang.
const ANSWER_WITHIN_MS = 60_000;

const { gateway, merchant } = await openShop();
const { key } = merchant;

/** What the error is about is shown whole; all else are texts. */
const errorObjects = new Set(['payment_intent', 'payment_method', 'setup_intent']);
const errorKeys = new Set([
  ...errorObjects,
  'advice_code',
  'charge',
  'code',
  'decline_code',
  'doc_url',
  'message',
  'param',
  'type',
]);
const errorTypes = new Set([
  'api_error',
  'card_error',
  'idempotency_error',
  'invalid_request_error',
]);

const assertAnswer = (answer: RawAnswer, method: string): void => {
  const { status, headers, text } = answer;
  assert.ok(status >= 200 && status < 500, `Status ${status}: ${text}`);
  assert.match(headers.get('request-id') ?? '', /^req_[0-9A-Za-z]+$/);
  if (method === 'HEAD' || status === 204) return;

  assert.equal(headers.get('content-type'), 'application/json');
  const body = JSON.parse(text) as Record<string, unknown>;
  if (status < 300) {
    assert.equal('error' in body, false);
    return;
  }
  assert.deepEqual(Object.keys(body), ['error']);
  const error = body['error'] as Record<string, unknown>;
  for (const [name, value] of Object.entries(error)) {
    assert.ok(errorKeys.has(name), `An error has ${name}.`);
    assert.equal(typeof value, errorObjects.has(name) ? 'object' : 'string', name);
  }
  assert.ok(errorTypes.has(String(error['type'])));
  assert.notEqual(error['message'], '');
};

describe('random requests', () => {
  test(`are answered, all ${REQUESTS} of them`, async (t) => {
    const other = await gateway.merchant('Another');
    const world = {
      routes: gatherRoutes(),
      ids: [...(await makeObjects()), 'cus_missing'],
      keys: [
        ...Array.from({ length: 8 }, () => key),
        merchant.liveKey,
        merchant.publishableKey,
        other.key,
        await merchant.restrictedKey({ customers: 'read' }),
      ],
    };
    const statuses = new Map<number, number>();
    const connections = Array.from({ length: CONNECTIONS }, () =>
      createRawConnection(gateway.port),
    );

    const drawn = randomRequest(world);
    for (let done = 0; done < REQUESTS; done += AT_ONCE) {
      const requests = fc.sample(drawn, { numRuns: AT_ONCE, seed: seed + done });
      const queue = requests.entries();
      await Promise.all(
        connections.map(async (connection) => {
          // The connections share the queue: each takes the next as soon as it is free.
          for (const [n, request] of queue) {
            await told(seed + done, n, request, async () => {
              const answer = await connection.send(request.bytes, request.method, ANSWER_WITHIN_MS);
              assert.ok(answer !== null, 'The connection was closed without an answer.');
              assertAnswer(answer, request.method);
              statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            });
          }
        }),
      );
    }
    for (const connection of connections) connection.close();

    t.diagnostic(
      `seed ${seed}; ${[...statuses]
        .sort(([a], [b]) => a - b)
        .map(([s, n]) => `${s}: ${n}`)
        .join(', ')}`,
    );
    // A fuzzer that is refused at the door tests the door only.
    assert.ok((statuses.get(200) ?? 0) > REQUESTS / 50, 'Some of them succeed.');
    assert.ok((statuses.get(400) ?? 0) > REQUESTS / 20, 'Some of them are refused.');
  });

  test('leave a gateway behind that works', async () => {
    const { status, body } = await gateway.ask('POST', '/v1/customers', {
      key,
      form: 'name=After',
    });
    assert.equal(status, 200);
    assert.equal(
      (await gateway.ask('GET', `/v1/customers/${body.id}`, { key })).text.length > 0,
      true,
    );
    assert.equal((await gateway.ask('GET', '/readyz')).status, 200);
    assert.equal(({} as Record<string, unknown>)['x'], undefined, 'No prototype was reached.');
  });
});

/** One of each kind that a path or a parameter may name. */
const makeObjects = async (): Promise<string[]> => {
  const post = async (path: string, form = '') => {
    const { status, body, text } = await gateway.ask('POST', path, { key, form });
    assert.equal(status, 200, `${path}: ${text}`);
    return body;
  };
  const { id: customer } = await post('/v1/customers');
  const kept = await post(
    '/v1/setup_intents',
    `customer=${customer}&payment_method=pm_card_visa&confirm=true&return_url=https://shop.test/&mandate_data[customer_acceptance][type]=offline`,
  );
  const paying = 'amount=1000&currency=eur';
  const paid = await post(
    '/v1/payment_intents',
    `${paying}&confirm=true&payment_method=pm_card_visa`,
  );
  const held = await post('/v1/charges', `${paying}&source=tok_visa&capture=false`);
  const { body: events } = await gateway.ask('GET', '/v1/events', { key });
  const { body: booked } = await gateway.ask('GET', '/v1/balance_transactions', { key });
  const made = await Promise.all([
    post('/v1/payment_intents', paying),
    post(
      '/v1/payment_intents',
      `${paying}&capture_method=manual&confirm=true&payment_method=pm_card_visa`,
    ),
    post('/v1/setup_intents'),
    post('/v1/refunds', `payment_intent=${paid.id}&amount=100`),
    post('/v1/payment_methods', 'type=card&card[token]=tok_visa'),
    post(`/v1/customers/${customer}/sources`, 'source=tok_visa'),
    post('/v1/tokens', 'card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034'),
    post('/v1/test_helpers/confirmation_tokens', 'payment_method=pm_card_visa'),
    post('/v1/webhook_endpoints', 'url=https://shop.test/hook&enabled_events[]=charge.expired'),
  ]);
  return [
    customer,
    kept.id,
    kept.mandate,
    kept.payment_method,
    paid.id,
    paid.latest_charge,
    held.id,
    events.data[0].id,
    booked.data[0].id,
    ...made.map(({ id }) => id),
    'pm_card_visa',
    'tok_visa',
  ];
};

/** What failed can be sent again: the seed and the place in it, and the request itself. */
const told = async (
  seed: number,
  n: number,
  request: RandomRequest,
  work: () => Promise<void>,
): Promise<void> => {
  try {
    await work();
  } catch (error) {
    const shown = request.bytes.toString('latin1').slice(0, 2_000);
    throw new Error(`seed ${seed}, request ${n}: ${String(error)}\n${shown}`, { cause: error });
  }
};

const open = () => {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => {});
  return socket;
};

describe('broken requests', () => {
  test('that end anywhere hold nothing up', async () => {
    const whole = Buffer.from(
      `POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Length: 6\r\n\r\nname=x`,
    );
    const cuts = Array.from({ length: whole.length }, (_, n) => n);
    await Promise.all(
      cuts.map(
        (cut) =>
          new Promise<void>((resolve) => {
            const socket = open();
            socket.on('close', () => resolve());
            socket.write(whole.subarray(0, cut + 1), () => socket.destroy());
          }),
      ),
    );
    assert.equal((await gateway.ask('GET', '/v1/customers', { key })).status, 200);
  });

  test('of random bytes are told what they are', async () => {
    const samples = fc.sample(fc.uint8Array({ minLength: 20, maxLength: 400 }), {
      numRuns: runs(300, 3_000),
      seed,
    });
    for (const bytes of samples) {
      const connection = createRawConnection(gateway.port);
      const sent = Buffer.concat([Buffer.from(bytes), Buffer.from('\r\n\r\n')]);
      const answer = await connection.send(sent, 'GET', ANSWER_WITHIN_MS);
      connection.close();
      if (answer !== null) assertAnswer(answer, 'GET');
    }
  });

  test('that smuggle a second one are refused', async () => {
    for (const lines of [
      ['Content-Length: 5', 'Content-Length: 6'],
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked, identity'],
      ['Content-Length: +5'],
      ['Content-Length: -1'],
      ['Transfer-Encoding : chunked'],
    ]) {
      const head = [
        'POST /v1/customers HTTP/1.1',
        'Host: x',
        `Authorization: Bearer ${key}`,
        ...lines,
      ].join('\r\n');
      const connection = createRawConnection(gateway.port);
      const answer = await connection.send(
        Buffer.from(`${head}\r\n\r\nname=`),
        'POST',
        ANSWER_WITHIN_MS,
      );
      connection.close();
      assert.equal(answer?.status, 400, lines.join());
      assertAnswer(answer, 'POST');
    }
  });
});
