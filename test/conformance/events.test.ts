import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { assertEvent, assertList, assertShape } from '../support/stripe-shape.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);
const { customers, events } = stripe;

const raw = async (path: string) => gateway.ask('GET', path, { key: merchant.key });

/** Of one customer, oldest first. */
const eventsOf = async (id: string): Promise<Stripe.Event[]> => {
  const all = await events.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });
  return all.filter((event) => (event.data.object as { id?: string }).id === id).toReversed();
};

const lastEventOf = async (id: string) => {
  const event = (await eventsOf(id)).at(-1);
  assert.ok(event !== undefined);
  return event;
};

describe('a customer leaves events:', () => {
  test('created, updated, deleted, in this order and no others', async () => {
    const { id } = await customers.create({ name: 'Jenny' });
    await customers.update(id, { name: 'J.' });
    await customers.del(id);
    const found = await eventsOf(id);
    assert.deepEqual(
      found.map(({ type }) => type),
      ['customer.created', 'customer.updated', 'customer.deleted'],
    );
    for (const event of found) assertEvent(event);
  });

  test('each with the customer as it was then', async () => {
    const { lastResponse: _, ...created } = await customers.create({ name: 'Jenny' });
    const { lastResponse: __, ...updated } = await customers.update(created.id, { name: 'J.' });
    await customers.del(created.id);
    const [first, second, third] = await eventsOf(created.id);
    assert.deepEqual(first?.data.object, created);
    assert.deepEqual(second?.data.object, updated);
    assert.deepEqual(third?.data.object, updated);
  });

  test('none when nothing changed', async () => {
    const { id } = await customers.create({ name: 'Jenny' });
    await customers.update(id, { name: 'Jenny' });
    await customers.update(id, {});
    assert.equal((await eventsOf(id)).length, 1);
  });

  test('none when it was refused', async () => {
    const before = (await events.list({ limit: 1 })).data[0]?.id;
    await refusalOf(customers.create({ email: 'nobody' }));
    await refusalOf(customers.create({ payment_method: 'pm_missing' }));
    await refusalOf(customers.update('cus_missing', { name: 'x' }));
    assert.equal((await events.list({ limit: 1 })).data[0]?.id, before);
  });

  test('each naming the request that caused it', async () => {
    const { id, lastResponse } = await customers.create({}, { idempotencyKey: 'why-it-happened' });
    const { request } = await lastEventOf(id);
    assert.deepEqual(request, { id: lastResponse.requestId, idempotency_key: 'why-it-happened' });

    const { body, headers } = await gateway.ask('POST', '/v1/customers', { key: merchant.key });
    assert.deepEqual((await lastEventOf(body.id)).request, {
      id: headers['request-id'],
      idempotency_key: null,
    });
  });
});

const changesOf = async (
  created: Stripe.CustomerCreateParams,
  updated: Stripe.CustomerUpdateParams,
) => {
  const { id } = await customers.create(created);
  await customers.update(id, updated);
  const event = await lastEventOf(id);
  assertEvent(event);
  return event.data.previous_attributes;
};

describe('previous_attributes', () => {
  test('are the old values of exactly what changed', async () => {
    assert.deepEqual(
      await changesOf(
        { name: 'Jenny', email: 'old@example.com', balance: 5 },
        { name: 'Jenny', email: 'new@example.com', balance: 7 },
      ),
      { email: 'old@example.com', balance: 5 },
    );
  });

  test('are nested like the object', async () => {
    const address = {
      line1: 'A',
      city: 'B',
      country: 'DE',
      line2: 'C',
      postal_code: '1',
      state: 'X',
    };
    assert.deepEqual(
      await changesOf(
        { address, invoice_settings: { footer: 'old' } },
        { address: { city: 'D' }, invoice_settings: { footer: 'new' } },
      ),
      { address: { city: 'B' }, invoice_settings: { footer: 'old' } },
    );
  });

  test('are null for what had no value', async () => {
    assert.deepEqual(await changesOf({}, { description: 'new' }), { description: null });
    assert.deepEqual(await changesOf({}, { address: { city: 'D' } }), { address: null });
  });

  test('hold the whole of a list of which something changed', async () => {
    assert.deepEqual(
      await changesOf({ preferred_locales: ['de', 'en'] }, { preferred_locales: ['de'] }),
      {
        preferred_locales: ['de', 'en'],
      },
    );
  });

  test('show the keys of metadata that were changed, added and removed', async () => {
    assert.deepEqual(
      await changesOf(
        { metadata: { kept: '1', changed: '2', removed: '3' } },
        { metadata: { changed: 'two', removed: '', added: '4' } },
      ),
      { metadata: { changed: '2', removed: '3', added: null } },
    );
  });

  test('are empty where what changed is shown only on request', async () => {
    for (const updated of [
      { tax: { ip_address: '192.0.2.7' } },
      { cash_balance: { settings: { reconciliation_mode: 'manual' } } },
    ] as const) {
      assert.deepEqual(await changesOf({}, updated), {});
    }
  });

  test('are left out of what was created or deleted', async () => {
    const { id } = await customers.create({ name: 'x' });
    await customers.del(id);
    for (const event of await eventsOf(id)) {
      assert.equal('previous_attributes' in event.data, false, event.type);
    }
  });
});

describe('retrieving an event', () => {
  test('gives the same bytes for ever', async () => {
    const { id } = await customers.create({ name: 'before' });
    const event = await lastEventOf(id);
    const first = await raw(`/v1/events/${event.id}`);
    assert.equal(first.status, 200);
    assertEvent(first.body);
    await customers.update(id, { name: 'after' });
    await customers.del(id);
    assert.equal((await raw(`/v1/events/${event.id}`)).text, first.text);
  });

  test('refuses one that does not exist', async () => {
    const refused = await refusalOf(events.retrieve('evt_missing'));
    assert.equal(refused.statusCode, 404);
    assert.equal(refused.code, 'resource_missing');
    assert.equal(refused.param, 'id');
    assert.equal(refused.message, "No such event: 'evt_missing'");
  });

  test('takes no id of another kind, and none that only resembles one', async () => {
    const { id } = await customers.create();
    const event = await lastEventOf(id);
    for (const wrong of [id, event.id.slice(0, -1), `${event.id}0`, event.id.toUpperCase()]) {
      assert.equal((await raw(`/v1/events/${wrong}`)).status, 404, wrong);
    }
    // The neighbours of an event's id, within the change that it belongs to.
    const neighbour = event.id.slice(0, -1) + (event.id.endsWith('0') ? '1' : '0');
    assert.equal((await raw(`/v1/events/${neighbour}`)).status, 404);
  });
});

const types = (count: number) => Array.from({ length: count }, () => 'types[]=customer.created');

const typesIn = async (query: string): Promise<string[]> => {
  const { status, body } = await raw(`/v1/events?limit=100&${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return [...new Set<string>(body.data.map((event: Stripe.Event) => event.type))].sort();
};

describe('listing events', () => {
  test('gives the newest first', async () => {
    const { id } = await customers.create();
    await customers.update(id, { name: 'x' });
    const { body } = await raw('/v1/events?limit=2');
    assertList(body, (event) => assertEvent(event as Stripe.Event));
    assert.deepEqual(
      body.data.map((event: Stripe.Event) => event.type),
      ['customer.updated', 'customer.created'],
    );
    assert.equal(body.has_more, true);
    assert.equal(body.url, '/v1/events');
  });

  test('filters by one type, by a beginning, and by several', async () => {
    const { id } = await customers.create();
    await customers.update(id, { name: 'x' });
    await customers.del(id);
    const all = ['customer.created', 'customer.deleted', 'customer.updated'];
    assert.deepEqual(await typesIn('type=customer.created'), ['customer.created']);
    assert.deepEqual(await typesIn('type=customer.*'), all);
    assert.deepEqual(await typesIn('type=customer.c*'), ['customer.created']);
    assert.deepEqual(await typesIn('type=*'), all);
    assert.deepEqual(await typesIn('types[]=customer.created&types[]=customer.deleted'), [
      'customer.created',
      'customer.deleted',
    ]);
    assert.deepEqual(await typesIn('types[0]=customer.u*&types[1]=customer.d*'), [
      'customer.deleted',
      'customer.updated',
    ]);
    assert.deepEqual(await typesIn('type=charge.succeeded'), []);
  });

  test('takes one type or several, not both, and twenty at the most', async () => {
    const both = await raw('/v1/events?type=customer.created&types[]=customer.updated');
    assert.equal(both.status, 400);
    assert.equal(
      both.body.error.message,
      'You may only specify one of these parameters: type, types.',
    );
    assert.equal((await raw(`/v1/events?${types(20).join('&')}`)).status, 200);
    assert.equal((await raw(`/v1/events?${types(21).join('&')}`)).status, 400);
  });

  test('names the parameter that holds no type of an event', async () => {
    for (const [query, param] of [
      ['type=Customer', 'type'],
      ['types[]=customer.created&types[]=Customer', 'types'],
    ] as const) {
      const { status, body } = await raw(`/v1/events?${query}`);
      assert.deepEqual([status, body.error.param], [400, param]);
    }
  });

  test('filters by when they happened', async () => {
    const [newest] = (await events.list({ limit: 1 })).data;
    assert.ok(newest !== undefined);
    const later = await events.list({ created: { gt: newest.created } });
    assert.deepEqual(later.data, []);
    const then = await events.list({ created: newest.created, limit: 100 });
    assert.ok(then.data.every(({ created }) => created === newest.created));
    assert.ok(then.data.some(({ id }) => id === newest.id));
  });

  test('counts every event as delivered while there is nowhere to deliver to', async () => {
    assert.deepEqual((await events.list({ delivery_success: false })).data, []);
    assert.ok((await events.list({ delivery_success: true })).data.length > 0);
  });

  test('pages both ways through every event once', async () => {
    const all = await events.list({ limit: 7 }).autoPagingToArray({ limit: 10_000 });
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    const oldest = all.at(-1)?.id ?? '';
    const back = await events
      .list({ limit: 7, ending_before: oldest })
      .autoPagingToArray({ limit: 10_000 });
    assert.deepEqual(
      back.map(({ id }) => id),
      all
        .slice(0, -1)
        .map(({ id }) => id)
        .toReversed(),
    );
  });

  test('is of the mode of the key', async () => {
    const live = stripeFor(gateway.port, merchant.liveKey);
    const { id } = await live.customers.create();
    const mine = await live.events.list();
    assert.deepEqual(
      mine.data.map((event) => [event.livemode, (event.data.object as { id: string }).id]),
      [[true, id]],
    );
    assert.equal((await eventsOf(id)).length, 0);
  });

  test('has the envelope of every list', async () => {
    assertShape((await raw('/v1/events')).body, 'lib.d.ts', 'ApiList');
  });
});
