// The feed of events, read while many write.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { present } from '#kit/assert';
import { uuidAt } from '#kit/ids';
import { asOwner } from '../../src/for-tests.ts';
import { forgetFeed } from '../../src/outward/webhooks/feed.store.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { stripeFor } from '../support/stripe.ts';
import { pause, waitUntil } from '../support/writers.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const { customers } = stripeFor(gateway.port, merchant.key);

type Feed = {
  data: { position: number; sequence: number; event: { id: string; type: string } }[];
  has_more: boolean;
  next: number;
  next_event: string | null;
};

const read = async (query: string, key = merchant.key): Promise<Feed> => {
  const { status, body, text } = await gateway.ask('GET', `/v1/event_feed${query}`, { key });
  assert.equal(status, 200, text);
  return body;
};

const all = async (): Promise<Feed['data']> => {
  const found: Feed['data'] = [];
  for (let after = 0; ; ) {
    const { data, has_more, next } = await read(`?after=${after}&limit=7`);
    found.push(...data);
    if (!has_more) return found;
    after = next;
  }
};

test('is numbered from one without a gap, each event once, while many write', async () => {
  const seen: number[] = [];
  let following = true;
  // A reader that keeps what it has read and asks for what comes after it.
  const reader = (async () => {
    let after = 0;
    while (following || seen.length < 60) {
      const { data, next } = await read(`?after=${after}`);
      seen.push(...data.map(({ position }) => position));
      after = next;
      await pause(5);
    }
  })();
  await Promise.all(
    Array.from({ length: 60 }, (_, n) => customers.create({ name: `Customer ${n}` })),
  );
  following = false;
  await reader;
  assert.deepEqual(
    seen,
    seen.map((_, n) => n + 1),
    'Nothing appears below a number that was read.',
  );
  const found = await all();
  assert.deepEqual(
    found.map(({ position }) => position),
    seen,
  );
  assert.equal(new Set(found.map(({ event }) => event.id)).size, 60);
  assert.ok(
    found.every(({ sequence, event }) => sequence === 1 && event.type === 'customer.created'),
  );
});

test('without a beginning says where it ends, and nothing of what was', async () => {
  const { data, next } = await read('');
  assert.deepEqual(data, []);
  assert.equal(next, (await all()).at(-1)?.position);
});

test('of another account is another feed', async () => {
  const other = await gateway.merchant();
  assert.deepEqual(await read('?after=0&after_event=', other.key), {
    object: 'event_feed',
    data: [],
    has_more: false,
    next: 0,
    next_event: null,
  });
});

test('refuses what is no number', async () => {
  const { status, body } = await gateway.ask('GET', '/v1/event_feed?after=x', {
    key: merchant.key,
  });
  assert.deepEqual([status, body.error.param], [400, 'after']);
});

test('refuses a number that it never gave, so that no event is passed over', async () => {
  const { next } = await read('');
  assert.deepEqual((await read(`?after=${next}`)).data, []);
  const { status, body } = await gateway.ask('GET', `/v1/event_feed?after=${next + 1}`, {
    key: merchant.key,
  });
  assert.deepEqual([status, body.error.param], [400, 'after']);
  assert.match(body.error.message, new RegExp(`^This feed ends at ${next}: `));
});

test('refuses a number that has another event since a backup was restored, also once as many are there again', async () => {
  const shop = await gateway.merchant();
  const make = (name: string) => stripeFor(gateway.port, shop.key).customers.create({ name });
  const ask = async (query: string) =>
    gateway.ask('GET', `/v1/event_feed${query}`, { key: shop.key });
  const numbered = async (count: number) =>
    waitUntil(
      `${count} are numbered`,
      20_000,
      async () => (await read('', shop.key)).next === count,
    );
  for (const name of ['before', 'lost', 'lost too']) await make(name);
  await numbered(3);
  const kept = await read('?after=0&limit=1', shop.key);
  const seen = await read(`?after=1&after_event=${kept.next_event}`, shop.key);
  assert.deepEqual([seen.next, seen.next_event], [3, seen.data[1]?.event.id]);
  assert.deepEqual(await read(`?after=3&after_event=${seen.next_event}`, shop.key), {
    object: 'event_feed',
    data: [],
    has_more: false,
    next: 3,
    next_event: seen.next_event,
  });
  assert.deepEqual(await read('', shop.key), { ...seen, data: [], has_more: false });

  // As after a backup of when there was one.
  const { accountId } = shop.scope;
  await asOwner(
    gateway.on,
    `delete from outward.feed where account_id = '${accountId}' and position > 1`,
  );
  const early = await ask(`?after=3&after_event=${seen.next_event}`);
  assert.deepEqual([early.status, early.body.error.param], [400, 'after']);
  for (const name of ['new', 'newer', 'newest']) await make(name);
  await numbered(4);
  const late = await ask(`?after=3&after_event=${seen.next_event}`);
  assert.deepEqual([late.status, late.body.error.param], [400, 'after_event']);
  assert.match(late.body.error.message, /^Number 3 of this feed is of another event\./);
  const again = await read(`?after=1&after_event=${kept.next_event}`, shop.key);
  assert.deepEqual(
    again.data.map(({ position }) => position),
    [2, 3, 4],
  );

  for (const [query, param] of [
    ['?after=0&after_event=evt_1', 'after_event'],
    ['?after=1&after_event=evt_1', 'after_event'],
    [`?after_event=${kept.next_event}`, 'after'],
  ] as const) {
    const { status, body } = await ask(query);
    assert.deepEqual([status, body.error.param], [400, param]);
  }
  // Nobody knows any more which event that was: the gap behind it says that some were forgotten.
  await forgetFeed(gateway.context, uuidAt(Date.now() + 1_000), 5_000);
  const gap = await read(`?after=2&after_event=${seen.next_event}`, shop.key);
  assert.deepEqual(
    gap.data.map(({ position }) => position),
    [4],
  );
});

test('is forgotten from its front: a later number with an earlier moment leaves no gap', async () => {
  const shop = await gateway.merchant();
  for (let n = 0; n < 6; n += 1) {
    await stripeFor(gateway.port, shop.key).customers.create({ name: `Old ${n}` });
  }
  const left = async () => {
    const { data } = await read('?after=0', shop.key);
    return data.map(({ position }) => position);
  };
  await waitUntil('all are numbered', 20_000, async () => (await left()).length === 6);
  // Numbers 3 and 4 were written by two processes: the later one had begun before the other.
  const { accountId } = shop.scope;
  const feed = `outward.feed where account_id = '${accountId}'`;
  const rows = await asOwner(gateway.on, `select event_id from ${feed} order by position`);
  const [third, fourth] = rows.slice(2, 4).map((row) => row['event_id'] as string);
  const exchange = `case position when 3 then '${fourth}' else '${third}' end`;
  await asOwner(
    gateway.on,
    `update outward.feed set event_id = (${exchange})::uuid
      where account_id = '${accountId}' and position in (3, 4)`,
  );
  // As late as it can be, and not so late that the one with the number 3 is old.
  await forgetFeed(gateway.context, present(fourth, 'the fourth event'), 5_000);
  assert.deepEqual(await left(), [3, 4, 5, 6]);
  await forgetFeed(gateway.context, uuidAt(Date.now() + 1_000), 2);
  assert.deepEqual(await left(), [5, 6]);
  await forgetFeed(gateway.context, uuidAt(Date.now() + 1_000), 5_000);
  assert.deepEqual(await left(), [6]);
});
