// Endpoints through the official SDK, and what they are told.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Stripe from 'stripe';
import { asOwner } from '../../src/for-tests.ts';
import { isFull, runs } from '../support/full.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { pause } from '../support/writers.ts';
import { startSink } from './sink.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);
const { webhookEndpoints: endpoints, customers } = stripe;
const verifier = new Stripe('sk_test_none');

const ask = (method: 'GET' | 'POST', path: string, form?: string) =>
  gateway.ask(method, path, { key: merchant.key, ...(form === undefined ? {} : { form }) });

type Delivery = {
  id: string;
  status: string;
  sequence: number;
  event: string;
  next_attempt: number | null;
  attempts: { status_code: number | null; error: string | null; response: string | null }[];
};

const deliveriesTo = async (endpoint: string): Promise<Delivery[]> => {
  const { status, body } = await ask(
    'GET',
    `/v1/webhook_deliveries?webhook_endpoint=${endpoint}&limit=100`,
  );
  assert.equal(status, 200);
  return body.data;
};

const until = async <T>(look: () => Promise<T | undefined | false>): Promise<T> => {
  for (let tries = 0; tries < 2_400; tries += 1) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await pause(25);
  }
  throw new Error('It did not come.');
};

/** The next tries come now and not in hours. */
const hurry = (endpoint: string) =>
  asOwner(
    gateway.on,
    `update outward.due_deliveries set due_at = now() - interval '1 second'
      where endpoint_id = (
        select id from outward.webhook_endpoints where url = $1)`,
    [endpoint],
  );

describe('an endpoint', () => {
  test('is of a version of the API that could be one', async () => {
    const of = (version: string) =>
      endpoints.create({
        url: 'https://example.com/hook',
        enabled_events: ['*'],
        api_version: version as '2025-03-31.basil',
      });
    const made = await of('2025-03-31.basil');
    assert.equal(made.api_version, '2025-03-31.basil');
    await endpoints.del(made.id);
    await assert.rejects(of('newest'), {
      statusCode: 400,
      param: 'api_version',
      message: 'Invalid Stripe API version: newest',
    });
  });

  test('is made with a secret that is shown once, changed, listed and deleted', async () => {
    const made = await endpoints.create({
      url: 'https://example.com/hook',
      enabled_events: ['customer.created', 'charge.succeeded'],
      description: 'The shop',
      metadata: { team: 'orders' },
    });
    assert.match(made.secret ?? '', /^whsec_[\w+/]{43}=$/);
    const { secret: _, ...rest } = made;
    const found = await endpoints.retrieve(made.id);
    assert.deepEqual({ ...found, lastResponse: null }, { ...rest, lastResponse: null });
    assert.equal(found.status, 'enabled');
    assert.deepEqual(found.enabled_events, ['customer.created', 'charge.succeeded']);

    const changed = await endpoints.update(made.id, { disabled: true, enabled_events: ['*'] });
    assert.equal(changed.status, 'disabled');
    assert.equal(changed.secret, undefined);
    assert.deepEqual(changed.enabled_events, ['*']);
    assert.ok((await endpoints.list()).data.some(({ id }) => id === made.id));

    assert.deepEqual((await endpoints.del(made.id)).deleted, true);
    assert.equal((await refusalOf(endpoints.retrieve(made.id))).code, 'resource_missing');
    assert.ok(!(await endpoints.list()).data.some(({ id }) => id === made.id));
  });

  test('for an event that does not exist, or an address inside our network, is refused by name', async () => {
    const unknown = await refusalOf(
      endpoints.create({
        url: 'https://example.com/',
        enabled_events: ['customer.created', 'customer.exploded' as 'customer.created'],
      }),
    );
    assert.equal(unknown.param, 'enabled_events[1]');
    assert.match(unknown.message, /'customer\.exploded'/);
    const ofOthers = await refusalOf(
      endpoints.create({ url: 'https://example.com/', enabled_events: ['*'], connect: true }),
    );
    assert.equal(ofOthers.param, 'connect');
    const inside = await refusalOf(
      endpoints.create({ url: 'http://169.254.169.254/', enabled_events: ['*'] }),
    );
    assert.deepEqual([inside.code, inside.param], ['url_invalid', 'url']);
  });

  test('keeps its secret sealed in the database, bound to its row', async () => {
    const made = await endpoints.create({ url: 'https://example.com/', enabled_events: ['*'] });
    const rows = await asOwner(gateway.on, 'select secrets from outward.webhook_endpoints');
    assert.ok(rows.length > 0);
    for (const { secrets } of rows) {
      assert.ok(!(secrets as Buffer).includes(Buffer.from(made.secret ?? '-')));
    }
    await endpoints.del(made.id);
  });
});

describe('an event', () => {
  test('reaches who wants it, once, with a signature that the SDK believes, and nobody else', async () => {
    const [wanted, other] = [await startSink(), await startSink()];
    const made = await endpoints.create({
      url: wanted.url,
      enabled_events: ['customer.created', 'customer.deleted'],
    });
    const unwanted = await endpoints.create({
      url: other.url,
      enabled_events: ['charge.succeeded'],
    });
    const customer = await customers.create({ name: 'Jenny' });
    await customers.update(customer.id, { name: 'J.' });
    await customers.del(customer.id);
    await wanted.until(2);

    const types = wanted.received.map(({ event }) => event.type).toSorted();
    assert.deepEqual(types, ['customer.created', 'customer.deleted']);
    for (const { body, headers } of wanted.received) {
      const event = verifier.webhooks.constructEvent(
        body,
        headers['stripe-signature'] ?? '',
        made.secret ?? '',
      );
      assert.deepEqual(JSON.parse(body.toString()), {
        ...JSON.parse((await ask('GET', `/v1/events/${event.id}`)).text),
        pending_webhooks: 1,
      });
      assert.equal(headers['webhook-id'], event.id);
    }
    const sequences = new Set(wanted.received.map(({ headers }) => headers['tollgate-sequence']));
    assert.deepEqual(sequences, new Set(['1', '3']));

    const told = await until(async () => {
      const all = await deliveriesTo(made.id);
      return all.every(({ status }) => status === 'delivered') && all;
    });
    assert.equal(told.length, 2);
    assert.deepEqual((await stripe.events.list({ delivery_success: false })).data, []);
    const { data } = await stripe.events.list({ limit: 3 });
    assert.ok(data.every(({ pending_webhooks: pending }) => pending === 0));
    assert.deepEqual(await deliveriesTo(unwanted.id), []);
    assert.equal(other.received.length, 0);
    await endpoints.del(made.id);
    await endpoints.del(unwanted.id);
  });

  test('that is refused, cut off or redirected is told again under its id until it is taken', async () => {
    const inside = await startSink();
    const failures = [
      500,
      'reset',
      (_: unknown, response: import('node:http').ServerResponse) =>
        void response.writeHead(302, { location: inside.url }).end(),
    ] as const;
    const sink = await startSink(failures[0]);
    const made = await endpoints.create({ url: sink.url, enabled_events: ['customer.created'] });
    await customers.create({ name: 'Patient' });

    const waiting = await until(
      async () => (await stripe.events.list({ delivery_success: false })).data[0],
    );
    assert.equal((waiting.data.object as Stripe.Customer).name, 'Patient');
    assert.equal(waiting.pending_webhooks, 1);
    assert.equal((await stripe.events.retrieve(waiting.id)).pending_webhooks, 1);
    const done = (await stripe.events.list({ delivery_success: true, limit: 100 })).data;
    assert.ok(done.length > 0 && done.every(({ id }) => id !== waiting.id));

    for (const [at, failure] of failures.entries()) {
      sink.behave(failure);
      if (at > 0) await hurry(sink.url);
      await until(async () => (await deliveriesTo(made.id))[0]?.attempts.length === at + 1);
    }
    sink.behave(204);
    await hurry(sink.url);
    const delivered = await until(async () => {
      const [first] = await deliveriesTo(made.id);
      return first?.status === 'delivered' && first;
    });
    assert.deepEqual(
      delivered.attempts.map(({ status_code, error }) => [status_code, error]),
      [
        [500, 'status'],
        [null, 'connection_reset'],
        [302, 'status'],
        [204, null],
      ],
    );
    assert.equal(new Set(sink.received.map(({ event }) => event.id)).size, 1);
    assert.equal(inside.received.length, 0, 'Nothing is followed.');
    await endpoints.del(made.id);
  });

  test('is given up after ten tries, and told again when somebody asks', async () => {
    const sink = await startSink(500);
    const made = await endpoints.create({ url: sink.url, enabled_events: ['customer.created'] });
    await customers.create({ name: 'Unheard' });
    // Its first try is noted before it is moved on, or that note would come after ours.
    const waiting = await until(async () => {
      const [first] = await deliveriesTo(made.id);
      return first?.attempts.length === 1 && first;
    });
    await asOwner(
      gateway.on,
      `update outward.deliveries set attempts = 9
        where due_at is not null
          and endpoint_id in (select id from outward.webhook_endpoints where url = $1)`,
      [sink.url],
    );
    await hurry(sink.url);
    await until(async () => (await deliveriesTo(made.id))[0]?.status === 'given_up');

    sink.behave(200);
    const again = await ask('POST', `/v1/webhook_deliveries/${waiting.id}/resend`);
    assert.equal(again.body.status, 'waiting');
    await until(async () => (await deliveriesTo(made.id))[0]?.status === 'delivered');

    const { body } = await ask(
      'POST',
      `/v1/webhook_endpoints/${made.id}/replay`,
      'created[gte]=1&status=all',
    );
    assert.equal(body.count, 1);
    const inAnHour = Math.floor(Date.now() / 1000) + 3600;
    for (const range of ['created[gte]=20&created[lt]=20', `created[gt]=${inAnHour}`]) {
      const refused = await ask('POST', `/v1/webhook_endpoints/${made.id}/replay`, range);
      assert.deepEqual([refused.status, refused.body.error.param], [400, 'created'], range);
    }
    const before = sink.received.length;
    await sink.until(before + 1);
    await until(async () => (await deliveriesTo(made.id))[0]?.status === 'delivered');
    await endpoints.del(made.id);
  });

  test('of an endpoint that answers 410 is told no more, and waits for it to be enabled', async () => {
    const sink = await startSink(410);
    const made = await endpoints.create({ url: sink.url, enabled_events: ['customer.created'] });
    await customers.create({ name: 'Gone' });
    await until(async () => (await endpoints.retrieve(made.id)).status === 'disabled');
    // Told so in the log, on purpose.
    await until(async () => gateway.errors.splice(0).some((line) => /was disabled/.test(line)));

    sink.behave(200);
    await endpoints.update(made.id, { disabled: false });
    await hurry(sink.url);
    await until(async () => (await deliveriesTo(made.id))[0]?.status === 'delivered');
    await endpoints.del(made.id);
  });

  test('of a time in which its endpoint was disabled is told once when that time is asked for', async () => {
    const sink = await startSink();
    const made = await endpoints.create({ url: sink.url, enabled_events: ['customer.created'] });
    const told = () => sink.received.map(({ event }) => event.data.object.id);
    const delivered = async (count: number) => {
      await sink.until(count);
      await until(async () =>
        (await deliveriesTo(made.id)).every(({ status }) => status === 'delivered'),
      );
      assert.equal(told().length, count);
    };
    const replay = async (status: string) => {
      const { body } = await ask(
        'POST',
        `/v1/webhook_endpoints/${made.id}/replay`,
        `created[gte]=1&status=${status}`,
      );
      assert.equal(body.exact, true);
      return body.count;
    };
    const ids = [(await customers.create({ name: 'Heard' })).id];
    await delivered(1);
    await endpoints.update(made.id, { disabled: true });
    for (const name of ['Un', 'heard', 'of']) {
      const { id } = await customers.create({ name });
      await customers.update(id, { name: 'Unwanted' });
      ids.push(id);
    }
    await until(
      async () => (await asOwner(gateway.on, 'select from platform.outbox')).length === 0,
    );
    await endpoints.update(made.id, { disabled: false });
    assert.equal((await deliveriesTo(made.id)).length, 1);

    assert.equal(await replay('given_up'), 3);
    await delivered(4);
    assert.deepEqual(told().toSorted(), ids.toSorted());
    assert.equal(await replay('given_up'), 0);
    assert.equal(await replay('all'), 4);
    await delivered(8);
    assert.deepEqual(told().slice(4).toSorted(), ids.toSorted());
    await endpoints.del(made.id);
  });

  test('is told with both secrets while one is being rolled', async () => {
    const sink = await startSink();
    const made = await endpoints.create({ url: sink.url, enabled_events: ['customer.created'] });
    const rolled = await ask('POST', `/v1/webhook_endpoints/${made.id}/roll_secret`);
    assert.notEqual(rolled.body.secret, made.secret);
    await customers.create({ name: 'Rolled' });
    await sink.until(1);
    const [first] = sink.received;
    assert.ok(first !== undefined);
    for (const secret of [made.secret ?? '', String(rolled.body.secret)]) {
      verifier.webhooks.constructEvent(first.body, first.headers['stripe-signature'] ?? '', secret);
    }
    await endpoints.del(made.id);
  });

  test('of one object comes after the one before it, where that is asked for', async () => {
    const sink = await startSink(500);
    const { body: made } = await ask(
      'POST',
      '/v1/webhook_endpoints',
      `url=${encodeURIComponent(sink.url)}&enabled_events[]=*&ordering=per_object`,
    );
    const customer = await customers.create({ name: 'One' });
    for (const name of ['Two', 'Three']) await customers.update(customer.id, { name });
    await sink.until(1);
    await pause(300);
    assert.equal(sink.received.length, 1, 'The others wait for the first.');
    sink.behave(200);
    await hurry(sink.url);
    await sink.until(4);
    const sequences = sink.received.map(({ headers }) => headers['tollgate-sequence']);
    assert.deepEqual(sequences, ['1', '1', '2', '3']);
    await endpoints.del(made.id);
  });

  test('whose answer never ends takes no more memory than was wanted of it', async () => {
    const sink = await startSink('flood');
    const made = await endpoints.create({ url: sink.url, enabled_events: ['customer.created'] });
    await customers.create({ name: 'Flooded' });
    const delivered = await until(async () => {
      const [first] = await deliveriesTo(made.id);
      return first?.status === 'delivered' && first;
    });
    assert.equal(delivered.attempts[0]?.response?.length, 500);
    await endpoints.del(made.id);
  });
});

const SLOW = runs(10, 100);
const QUICK = runs(2, 900);
const EVENTS = isFull ? 10 : 40;
/** So long a delivery waits for an answer. */
const PATIENCE_MS = 20_000;

test(`${SLOW} endpoints that hang keep ${QUICK} others from nothing`, async (t) => {
  const [slow, quick] = [await startSink('hang'), await startSink()];
  const all = [
    ...Array.from({ length: SLOW }, (_, n) => `${slow.url}/${n}`),
    ...Array.from({ length: QUICK }, (_, n) => `${quick.url}/${n}`),
  ];
  // A merchant has sixteen at most: each has some of both.
  const shops = await Promise.all(
    Array.from({ length: Math.ceil(all.length / 16) }, async () =>
      stripeFor(gateway.port, (await gateway.merchant()).key),
    ),
  );
  for (const [n, url] of all.entries()) {
    const own = shops[n % shops.length]?.webhookEndpoints;
    await own?.create({ url, enabled_events: ['customer.created'] });
  }
  const beganMs = performance.now();
  const madeMs = new Map<string, number>();
  for (let n = 0; n < EVENTS; n += 1) {
    for (const shop of shops) {
      const { id } = await shop.customers.create({ name: `Customer ${n}` });
      madeMs.set(id, performance.now());
    }
  }
  await quick.until(QUICK * EVENTS);
  const tookMs = performance.now() - beganMs;

  const told = new Set(quick.received.map(({ path, event }) => `${path} ${event.id}`));
  assert.equal(told.size, QUICK * EVENTS);
  const byEndpoint = Map.groupBy(slow.received, ({ path }) => path);
  assert.equal(byEndpoint.size, SLOW);
  const triesMax = Math.min(EVENTS, 4 + Math.ceil(tookMs / PATIENCE_MS));
  for (const tries of byEndpoint.values()) assert.ok(tries.length <= triesMax);

  const delays = quick.received
    .map(({ event, atMs }) => Math.max(0, atMs - (madeMs.get(event.data.object.id) ?? atMs)))
    .toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(delays[Math.floor(delays.length * share)] ?? 0);
  t.diagnostic(`told after ${at(0.5)} ms in the middle, ${at(0.99)} ms at the 99th percentile`);
  slow.behave(200);
});
