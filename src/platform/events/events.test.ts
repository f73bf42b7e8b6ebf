import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scope } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { newUuid, spellId } from '#kit/ids';
import {
  appendChange,
  type EventKind,
  gatherEventKinds,
  handOn,
  type Listener,
  type Owed,
  previousAttributes,
} from '#platform/events';
import { ApiError, type ApiRequest } from '#platform/http';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { nobodyIsOwed } from './for-tests.ts';
import { eventRoutes } from './routes.ts';

const kind = (code: number, type: string): EventKind => ({
  code,
  type,
  object: 'thing',
  renderer: 1,
  renderers: { 1: (snapshot) => ({ object: { ...snapshot, rendered: type } }) },
});
const [started, moved, ended] = [
  kind(1, 'thing.started'),
  kind(2, 'thing.moved'),
  kind(3, 'other.ended'),
];
const kinds = gatherEventKinds([started, moved, ended]);
const routes = eventRoutes(kinds, nobodyIsOwed);

const clock = manualClock();
let context: TestContext;
let scope: Scope;

before(async () => {
  context = await testContext({ clock });
});

const append = (objectId: string, sequence: number, ...of: EventKind[]) =>
  context.database.commit(scope, [
    appendChange(context, {
      scope,
      objectId,
      sequence,
      kinds: of,
      snapshot: { n: sequence },
      request: { requestId: 'req_1', idempotencyKey: 'key' },
    }),
  ]);

type Event = { id: string; type: string; created: number; data: { object: { n: number } } };
type EventList = { data: Event[]; has_more: boolean };

const call = async (operation: string, parameters: object, path = {}): Promise<unknown> => {
  const found = routes.find((route) => route.operation === operation);
  assert.ok(found);
  const request = { scope, parameters, path, url: '/v1/events' } as unknown as ApiRequest;
  return (await found.handle(context, request)).body;
};
const list = (parameters: object) => call('events.list', parameters) as Promise<EventList>;

describe('the log of events', () => {
  before(async () => {
    scope = await testAccount(context);
    // Five changes of two or three events each: twelve events.
    for (let n = 0; n < 5; n += 1) {
      clock.advance(1_000);
      const object = newUuid(context);
      await (n % 2 ? append(object, 1, started, moved, ended) : append(object, 1, started, moved));
    }
  });

  test('shows the events of one change newest first, and every one of them once', async () => {
    const { data } = await list({ limit: 100 });
    assert.equal(data.length, 12);
    assert.equal(new Set(data.map((event) => event.id)).size, 12);
    assert.deepEqual(
      data.slice(0, 5).map((event) => event.type),
      ['thing.moved', 'thing.started', 'other.ended', 'thing.moved', 'thing.started'],
    );
  });

  test('is paged through from the middle of a change, in both directions, without gap or repetition', async () => {
    const all = (await list({ limit: 100 })).data.map((event) => event.id);
    for (let limit = 1; limit <= 7; limit += 1) {
      const forward: string[] = [];
      for (let more = true, after: object = {}; more; ) {
        const page = await list({ limit, ...after });
        forward.push(...page.data.map((event) => event.id));
        more = page.has_more;
        after = { starting_after: forward.at(-1) };
      }
      assert.deepEqual(forward, all, `limit ${limit}`);

      let backward: string[] = [];
      for (let more = true, cursor = all.at(-1); more; ) {
        const page = await list({ limit, ending_before: cursor });
        backward = [...page.data.map((event) => event.id), ...backward];
        more = page.has_more;
        cursor = backward[0];
      }
      assert.deepEqual(backward, all.slice(0, -1), `limit ${limit}, backwards`);
    }
  });

  test('is filtered by type, by the beginning of a type, by several and by an unknown one', async () => {
    const typesOf = async (parameters: object) =>
      [
        ...new Set((await list({ limit: 100, ...parameters })).data.map((event) => event.type)),
      ].sort();
    assert.deepEqual(await typesOf({ type: 'other.ended' }), ['other.ended']);
    assert.deepEqual(await typesOf({ type: 'thing.*' }), ['thing.moved', 'thing.started']);
    assert.deepEqual(await typesOf({ types: ['other.ended', 'thing.moved'] }), [
      'other.ended',
      'thing.moved',
    ]);
    assert.deepEqual(await typesOf({ type: 'charge.succeeded' }), []);
    await assert.rejects(list({ type: "x'; drop table" }), ApiError);
    const page = await list({ limit: 1, type: 'other.ended' });
    assert.equal(page.has_more, true);
  });

  test('is filtered by the second of creation', async () => {
    const { data } = await list({ limit: 100 });
    const second = data[0]?.created ?? 0;
    const inSecond = await list({ limit: 100, created: { gte: second, lte: second } });
    assert.deepEqual(
      inSecond.data.map((event) => event.id),
      data.filter((event) => event.created === second).map((event) => event.id),
    );
  });

  test('gives each event by its id, and no other', async () => {
    const { data } = await list({ limit: 3 });
    for (const event of data) {
      assert.deepEqual(await call('events.retrieve', {}, { event: event.id }), event);
    }
    const unknown = spellId('evt', newUuid(context));
    await assert.rejects(call('events.retrieve', {}, { event: unknown }), /No such event/);
  });

  test('can be neither changed nor shortened', async () => {
    for (const text of ['delete from platform.events', 'update platform.events set sequence = 9']) {
      await assert.rejects(
        context.database.transaction(scope, (tx) => tx.query({ name: '', text })),
        /permission denied/,
      );
      await assert.rejects(asOwner(context.on, text), /append-only/);
    }
  });

  test('goes on into monthly tables that are made ahead of time', async () => {
    const { preparePartitions } = await import('./hand-on.ts');
    clock.set(Date.parse('2031-05-31T23:59:59Z'));
    await preparePartitions(context);
    await preparePartitions(context);
    await append(newUuid(context), 1, started);
    const [row] = await asOwner(
      context.on,
      'select tableoid::regclass::text as name from platform.events order by id desc limit 1',
    );
    assert.equal(row?.['name'], 'platform.events_2031_05');
    assert.equal((await list({ limit: 1 })).data[0]?.type, 'thing.started');
  });

  test('stays in the table of all months where it is written while that of its month is made', async () => {
    const { preparePartitions } = await import('./hand-on.ts');
    clock.set(Date.parse('2033-05-15T00:00:00Z'));
    let preparing = Promise.resolve();
    await context.database.transaction(scope, async (tx) => {
      const row = [scope.accountId, scope.livemode, newUuid(context), newUuid(context)];
      const text = `insert into platform.events
                      (account_id, livemode, id, object_id, sequence, kinds, renderer, snapshot)
                    values ($1, $2, $3, $4, 1, '{1}', 1, '{"n":1}')`;
      await tx.query({ name: '', text }, row);
      preparing = preparePartitions(context);
      const waits = `select from pg_locks where not granted and relation = 'platform.events'::regclass`;
      while ((await asOwner(context.on, waits)).length === 0) await delay(5);
    });
    await preparing;
    const tables = `select tableoid::regclass::text as name from platform.events order by id desc limit 1`;
    assert.deepEqual(await asOwner(context.on, tables), [{ name: 'platform.events_default' }]);
  });
});

describe('the outbox', () => {
  test('gives every change to every listener once, and keeps what a listener could not take', async () => {
    scope = await testAccount(context);
    await asOwner(context.on, 'delete from platform.outbox');
    const object = newUuid(context);
    for (let n = 1; n <= 3; n += 1) await append(object, n, started);

    const failing = { name: 'failing', hear: () => Promise.reject(new Error('not now')) };
    let done = 0;
    const goesOn: Listener = {
      name: 'goes on',
      appetite: () => 2,
      hear: async (_, __, ___, onceCommitted) => onceCommitted(() => void (done += 1)),
    };
    // No more than anybody likes at once.
    assert.equal(await handOn(context, [goesOn, failing]), 0);
    assert.equal(done, 0, 'Nothing is done because of what was not committed.');
    await asOwner(context.on, 'update platform.outbox set not_before = null, failures = null');

    const heard: Owed[] = [];
    const listener = {
      name: 'hears',
      hear: async (_: unknown, __: unknown, changes: readonly Owed[]) =>
        void heard.push(...changes),
    };
    assert.equal(await handOn(context, [listener, goesOn]), 2, 'No more than anybody likes.');
    assert.equal(done, 1);
    const counts = await Promise.all([handOn(context, [listener]), handOn(context, [listener])]);
    assert.equal(counts[0] + counts[1], 1);
    assert.equal(new Set(heard.map((change) => change.event_id)).size, 3);
    assert.ok(heard.every((change) => change.account_id === scope.accountId));
    assert.equal(await handOn(context, [listener]), 0);
  });
});

describe('a change that a listener cannot take', () => {
  const hearing = (poison: string, heard: string[]): Listener => ({
    name: 'hears',
    hear: async (_, __, changes) => {
      if (changes.some(({ object_id: object }) => object === poison)) throw new Error('poison');
      heard.push(...changes.map(({ object_id: object }) => object));
    },
  });
  const comesDue = () =>
    asOwner(context.on, 'update platform.outbox set not_before = clock_timestamp()');
  const setAside = () =>
    asOwner(context.on, 'select object_id, failures from platform.outbox order by event_id');

  test('keeps none of the others waiting, and is handed on once it can be taken', async () => {
    scope = await testAccount(context);
    await asOwner(context.on, 'delete from platform.outbox');
    const objects = Array.from({ length: 5 }, () => newUuid(context));
    const [poison = '', ...others] = objects;
    for (const object of objects) await append(object, 1, started);

    const heard: string[] = [];
    const told: string[] = [];
    const log = { ...context.log, error: (_: unknown, text: string) => void told.push(text) };
    const watched = { ...context, log };
    assert.equal(await handOn(watched, [hearing(poison, heard)]), 4);
    assert.deepEqual(heard, others);
    assert.equal(told.length, 1);
    assert.deepEqual(await setAside(), [{ object_id: poison, failures: 1 }]);
    assert.equal(
      await handOn(watched, [hearing(poison, heard)]),
      0,
      'It is left alone for a while.',
    );

    await comesDue();
    assert.equal(await handOn(watched, [hearing(poison, heard)]), 0);
    assert.deepEqual(await setAside(), [{ object_id: poison, failures: 2 }]);
    await comesDue();
    assert.equal(await handOn(watched, [hearing('nobody', heard)]), 1);
    assert.deepEqual([heard.at(-1), await setAside()], [poison, []]);
  });

  test('keeps those of other accounts from nothing, however many there are', async () => {
    const [poisonous, other] = [scope, await testAccount(context)];
    const heard: Owed[] = [];
    const listener: Listener = {
      name: 'hears',
      hear: async (_, __, changes) => {
        if (changes.some((change) => change.account_id === poisonous.accountId)) {
          throw new Error('poison');
        }
        heard.push(...changes);
      },
    };
    for (let n = 0; n < 7; n += 1) await append(newUuid(context), 1, started);
    scope = other;
    for (let n = 0; n < 3; n += 1) await append(newUuid(context), 1, started);
    assert.equal(await handOn(context, [listener]), 3);
    assert.deepEqual(
      heard.map(({ event_id: id }) => id),
      heard.map(({ event_id: id }) => id).sort(),
    );
    assert.deepEqual(
      (await setAside()).map(({ failures }) => failures),
      Array.from({ length: 7 }, () => 1),
    );
    await asOwner(context.on, 'delete from platform.outbox');
  });

  test('is not at fault where nothing can be handed on, or the database is away', async () => {
    for (let n = 0; n < 6; n += 1) await append(newUuid(context), 1, started);
    const failing = (why: Error) => ({ name: 'fails', hear: () => Promise.reject(why) });
    await assert.rejects(handOn(context, [failing(new Unavailable('away'))]), /away/);
    assert.ok((await setAside()).every(({ failures }) => failures === null));
    await assert.rejects(handOn(context, [failing(new Error('bug'))]), /bug/);
    assert.equal((await setAside()).filter(({ failures }) => failures === 1).length, 3);
    await asOwner(context.on, 'delete from platform.outbox');
  });
});

test('Where another worker empties the outbox nobody takes it for empty of other accounts', async () => {
  for (let n = 0; n < 5; n += 1) await append(newUuid(context), 1, started);
  const take = {
    name: '',
    text: `select pg_advisory_xact_lock(hashtextextended('tollgate outbox', 0))`,
  };
  let failures = 0;
  const failing: Listener = {
    name: 'fails',
    hear: () => {
      failures += 1;
      return Promise.reject(new Error('bug'));
    },
  };
  // It comes in just as the third in a row is put aside: what is tried then is one of another account.
  let setAsides = 0;
  const system: typeof context.database.system = (work) =>
    setAsides < 3
      ? context.database.system(work)
      : context.database.system(async (tx) => {
          await tx.query(take, []);
          return context.database.system(work);
        });
  const log = { ...context.log, error: () => void (setAsides += 1) };
  const beside = { ...context, log, database: { ...context.database, system } };
  assert.equal(await handOn(beside, [failing]), 0);
  assert.deepEqual([failures, setAsides], [4, 3]);
  await asOwner(context.on, 'delete from platform.outbox');
});

describe('previous attributes', () => {
  test('are the old values of exactly what changed, nested like the object', () => {
    for (const [before, after, expected] of [
      [{ a: 1 }, { a: 1 }, undefined],
      [{ a: 1, b: 2 }, { a: 1, b: 3 }, { b: 2 }],
      [{ a: null }, { a: 'x' }, { a: null }],
      [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 2 } }],
      [{ a: { b: 1 } }, { a: null }, { a: { b: 1 } }],
      [{ a: [1] }, { a: [1, 2] }, { a: [1] }],
      [{}, { a: 1 }, { a: null }],
    ] as const) {
      assert.deepEqual(previousAttributes(before, after), expected);
    }
  });
});
