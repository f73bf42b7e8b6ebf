// Endpoints that want the events of an object in the order of their numbers.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '#kit/assert';
import { newUuid, spellUuid, uuidAt } from '#kit/ids';
import { spellTime, statement } from '#platform/db';
import { gatherEventKinds, handOn } from '#platform/events';
import { asOwner, type TestContext } from '../../for-tests.ts';
import { askAgain } from './deliveries.store.ts';
import { updateEndpoint } from './endpoints.store.ts';
import {
  created,
  endpointOf,
  happen,
  kinds,
  listeners,
  unheardOf,
  until,
  updated,
  workerOn,
  world,
} from './for-tests-pump.ts';
import { areDeliveriesDue } from './leases.store.ts';
import { module } from './module.ts';

type Reads = { readonly whole: number; readonly by_index: number };

const due = statement(
  'test.due',
  `select ${areDeliveriesDue} as is_due from (select $1::timestamptz as at) now`,
);

const isAnyDue = async (context: TestContext): Promise<boolean> => {
  const [row] = await context.database.system((tx) =>
    tx.query<{ is_due: boolean }>(due, [spellTime(context.clock.now())]),
  );
  return row?.is_due === true;
};

const putOff = async (context: TestContext): Promise<unknown> => {
  const [row] = await asOwner(
    context.on,
    `select count(*)::integer as count from outward.due_deliveries w join outward.deliveries d using (account_id, livemode, id)
      where w.due_at > d.due_at`,
  );
  return row?.['count'];
};

const unknownTimes = present(
  module.checks.find(({ name }) => name.startsWith('every delivery that waits is due some time')),
  'The check',
).text;

/** An object of whose events the first is being told. */
const first = async () => {
  const told = await world();
  const { context, calls, pump, scope, count } = told;
  const endpoint = await endpointOf(context, scope, true);
  const objectId = newUuid(context);
  await happen(context, scope, 1, { objectId, sequence: 1 });
  await handOn(context, listeners);
  await pump.round(context, kinds);
  await until('the first is under way', () => calls.length === 1);
  const dueNow = (): Promise<number> => count('due_deliveries where due_at <= clock_timestamp()');
  return { ...told, endpoint, objectId, dueNow };
};

type First = Awaited<ReturnType<typeof first>>;

const followedBy = async (events: number, { context, scope, objectId }: First): Promise<void> => {
  for (let sequence = 2; sequence <= events; sequence += 100) {
    const some = Array.from({ length: Math.min(100, events - sequence + 1) }, (_, n) =>
      happen(context, scope, 1, { objectId, sequence: sequence + n }),
    );
    await Promise.all(some);
  }
  while ((await handOn(context, listeners)) > 0);
};

/** An object with so many events, the first of which is being told. */
const underWay = async (events: number) => {
  const told = await first();
  await followedBy(events, told);
  return told;
};

/** An object with so many events, the first of which was not taken. */
const failing = async (events: number) => {
  const told = await first();
  const { context, calls, pump } = told;
  calls[0]?.answer(500);
  await pump.idle(context);
  // However long the rest takes, it is not tried again meanwhile.
  for (const table of ['deliveries', 'due_deliveries']) {
    await asOwner(context.on, `update outward.${table} set due_at = due_at + interval '1 day'`);
  }
  await followedBy(events, told);
  return told;
};

describe('a delivery', () => {
  test('of an object whose events are told in order goes as soon as the one before it was taken', async () => {
    const { context, calls, pump, scope, allDelivered } = await world();
    await endpointOf(context, scope, true);
    const objectId = newUuid(context);
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      await happen(context, scope, 1, { objectId, sequence });
    }
    await handOn(context, listeners);
    // One round, and no other: nobody asks the pump again.
    assert.equal(await pump.round(context, kinds), 1);
    for (let told = 1; told <= 4; told += 1) {
      await until(`the call number ${told}`, () => calls.length === told);
      const headers = calls[told - 1]?.post.headers;
      assert.equal(headers?.['tollgate-sequence'], String(told));
      assert.equal(headers?.['tollgate-sequence-of'], spellUuid(objectId));
      calls[told - 1]?.answer(200);
    }
    await until('all are noted', allDelivered);
    await pump.idle(context);
    assert.equal(calls.length, 4);
  });

  test('of an object whose events are told in order waits while the one before it is tried again', async () => {
    const { context, calls, pump, scope, count } = await world();
    await endpointOf(context, scope, true);
    const objectId = newUuid(context);
    await happen(context, scope, 1, { objectId, sequence: 1 });
    await happen(context, scope, 1, { objectId, sequence: 2 });
    await handOn(context, listeners);
    await pump.round(context, kinds);
    await until('the first is under way', () => calls.length === 1);
    calls[0]?.answer(500);
    await pump.idle(context);
    await pump.round(context, kinds);
    assert.deepEqual([calls.length, await count('due_deliveries')], [1, 2]);
  });

  test('behind one that is tried again later is looked at then, and not each time', async () => {
    const { context, calls, pump, scope, count, always, allDelivered } = await failing(200);
    for (let rounds = 0; rounds < 4; rounds += 1) await pump.round(context, kinds);
    assert.deepEqual([calls.length, await count('due_deliveries')], [1, 200]);
    assert.deepEqual([await putOff(context), await isAnyDue(context)], [199, false]);

    // Asked for again, it goes at once, and what waits behind it.
    always(200);
    const [head] = await asOwner(
      context.on,
      'select id from outward.deliveries where sequence = 1',
    );
    assert.ok(await askAgain(context, scope, String(head?.['id'])));
    await until('all are told', async () => {
      await pump.round(context, kinds);
      return allDelivered();
    });
    await pump.idle(context);
    await pump.round(context, kinds);
    assert.deepEqual([await count('take_backs'), await isAnyDue(context)], [0, false]);
  });

  test('behind one that is tried again later goes at once where its endpoint gives up the order', async () => {
    const { context, calls, pump, scope, endpoint, always, count } = await failing(5);
    await pump.round(context, kinds);
    assert.equal(await isAnyDue(context), false);
    always(200);
    const next = { ...endpoint, version: 2, ordered: false };
    await context.database.commit(scope, [updateEndpoint(context, scope, next)]);
    assert.equal(await isAnyDue(context), true);
    await until('the others are told', async () => {
      await pump.round(context, kinds);
      return (await count('due_deliveries')) === 1;
    });
    await pump.idle(context);
    assert.equal(calls.length, 1, 'The one that failed keeps its time.');
    assert.deepEqual([await count('take_backs'), await isAnyDue(context)], [0, false]);
  });

  test('of the many behind one that is taken at its own time comes to the front when its turn is near', async () => {
    const { context, pump, always, dueNow, allDelivered } = await failing(300);
    await until('they are put off', async () => {
      await pump.round(context, kinds);
      return (await putOff(context)) === 299;
    });
    for (const table of ['deliveries', 'due_deliveries', 'take_backs']) {
      await asOwner(
        context.on,
        `update outward.${table} set due_at = due_at - interval '2 days'
          where due_at > clock_timestamp() and due_at < 'infinity'`,
      );
    }
    always(200);
    const seen: number[] = [];
    await until('all are told', async () => {
      await pump.round(context, kinds);
      seen.push(await dueNow());
      return allDelivered();
    });
    assert.ok(Math.max(...seen) <= 128, `${Math.max(...seen)} were due at once`);
    await pump.idle(context);
    const [told] = await asOwner(
      context.on,
      `select bool_and(earlier <= first_at) as in_order from (
         select (tries->0->>'atMs')::float8 as first_at,
                lag((tries->-1->>'atMs')::float8) over (order by sequence) as earlier from outward.deliveries) each`,
    );
    assert.notEqual(told?.['in_order'], false);
  });

  test('of the many behind one that is under way is put off too, and none is forgotten', async () => {
    const { context, calls, pump, always, dueNow, allDelivered } = await underWay(300);
    await until('they are put off', async () => {
      await pump.round(context, kinds);
      return (await dueNow()) <= 64;
    });
    assert.deepEqual(await asOwner(context.on, unknownTimes), []);
    assert.equal(calls.length, 1);
    const notes = await asOwner(context.on, 'delete from outward.take_backs returning *');
    assert.equal(notes.length, 1);
    assert.equal(
      (await asOwner(context.on, unknownTimes)).length,
      236,
      'A check finds what nobody would take back.',
    );
    await asOwner(
      context.on,
      `insert into outward.take_backs (account_id, livemode, endpoint_id, object_id, due_at)
       select distinct account_id, livemode, endpoint_id, object_id, now() from outward.due_deliveries`,
    );
    always(200);
    calls[0]?.answer(200);
    await until('all are told', async () => {
      await pump.round(context, kinds);
      return allDelivered();
    });
    await pump.idle(context);
  });

  test('that is asked for again changes none of the many behind it: they come in pieces', async () => {
    const { context, calls, pump, scope, always } = await failing(1_200);
    await until('they are put off', async () => {
      await pump.round(context, kinds);
      return (await putOff(context)) === 1_199;
    });
    const [head] = await asOwner(
      context.on,
      'select id from outward.deliveries where sequence = 1',
    );
    assert.ok(await askAgain(context, scope, String(head?.['id'])));
    assert.equal(await putOff(context), 1_199);
    await pump.round(context, kinds);
    assert.equal(
      await putOff(context),
      1_136,
      'Sixty-four stand at the front, with the first one.',
    );
    await until('the first is under way', () => calls.length === 2);

    // It fails once more: then those behind it wait for its next time, and go with it all the same.
    calls[1]?.answer(500);
    await pump.idle(context);
    await until('the rest is put off anew', async () => {
      await pump.round(context, kinds);
      return (await putOff(context)) === 1_199;
    });
    assert.deepEqual([calls.length, await isAnyDue(context)], [2, false]);
    always(200);
    assert.ok(await askAgain(context, scope, String(head?.['id'])));
    await until('the next come to the front as those before them are told', async () => {
      await pump.round(context, kinds);
      return Number(await putOff(context)) < 200;
    });
    await pump.idle(context);
    const [told] = await asOwner(
      context.on,
      'select count(*)::integer as count, max(sequence) as last from outward.deliveries where state = 2',
    );
    assert.equal(told?.['last'], told?.['count'], 'None was told before its turn.');
  });

  test('of the many behind one that failed goes in pieces where its endpoint gives up the order', async () => {
    const { context, pump, scope, endpoint, always, count } = await failing(1_200);
    await until('they are put off', async () => {
      await pump.round(context, kinds);
      return (await putOff(context)) === 1_199;
    });
    const next = { ...endpoint, version: 2, ordered: false };
    await context.database.commit(scope, [updateEndpoint(context, scope, next)]);
    assert.equal(await putOff(context), 1_199);
    always(200);
    await pump.round(context, kinds);
    assert.equal(await putOff(context), 200, 'One of the thousand is that which failed.');
    await until('the others are told', async () => {
      await pump.round(context, kinds);
      return (await count('due_deliveries')) === 1;
    });
    await pump.idle(context);
    assert.equal(await count('take_backs where object_id = endpoint_id'), 0);
  });

  test('of another object does not wait with those behind one that failed', async () => {
    const { context, calls, pump, scope } = await failing(2_000);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('it is told', async () => {
      await pump.round(context, kinds);
      return calls.length === 2;
    });
    assert.equal(await isAnyDue(context), false);
    calls[1]?.answer(200);
    await pump.idle(context);
  });

  test('of an object whose events are told in order comes by its number, whatever the clocks of machines said', async () => {
    const { context, calls, pump, scope } = await world();
    await endpointOf(context, scope, true);
    const objectId = newUuid(context);
    const [early, late] = [0, 1_000].map(
      (laterMs) => `${uuidAt(context.clock.now() + laterMs).slice(0, -1)}0`,
    );
    await happen(context, scope, 1, { id: late ?? '', objectId, sequence: 1 });
    await happen(context, scope, 1, { id: early ?? '', objectId, sequence: 2 });
    await handOn(context, listeners);
    for (const told of [1, 2]) {
      await until('the next is under way', async () => {
        await pump.round(context, kinds);
        return calls.length === told;
      });
      assert.equal(calls.at(-1)?.post.headers['tollgate-sequence'], String(told));
      calls.at(-1)?.answer(200);
    }
    await pump.idle(context);
  });

  test('of an object whose events are told in order waits for one before it that could not be handed on', async () => {
    const { context, calls, pump, scope } = await world();
    await endpointOf(context, scope, true);
    const objectId = newUuid(context);
    await happen(context, scope, 1, { objectId, sequence: 1, kinds: [unheardOf] });
    await happen(context, scope, 1, { objectId, sequence: 2 });
    await happen(context, scope, 1, { sequence: 2 });
    assert.equal(await handOn(context, listeners), 2);
    assert.equal(await pump.round(context, kinds), 1, 'That of the other object');

    await asOwner(context.on, 'update platform.outbox set not_before = clock_timestamp()');
    const newer = gatherEventKinds([created, updated, unheardOf]);
    assert.equal(await handOn(context, module.listeners({ eventKinds: newer })), 1);
    assert.equal(await pump.round(context, newer), 1);
    await until('two are under way', () => calls.length === 2);
    for (const call of calls) call.answer(200);
    await until('the one behind it is told', async () => {
      await pump.round(context, newer);
      return calls.length === 3;
    });
    assert.deepEqual(
      calls.map(({ post }) => post.headers['tollgate-sequence']),
      ['2', '1', '2'],
    );
    calls[2]?.answer(200);
    await pump.idle(context);
  });

  test('is looked for behind what was set aside by an index, also where that was one page', async () => {
    const { context, scope } = await world();
    await endpointOf(context, scope, true);
    await happen(context, scope, 1, { sequence: 1, kinds: [unheardOf] });
    await happen(context, scope, 1, { sequence: 2 });
    assert.equal(await handOn(context, listeners), 1);
    await asOwner(context.on, 'analyze platform.outbox');
    const reads = statement(
      'test.reads',
      `select seq_scan::integer as whole, idx_scan::integer as by_index
         from pg_stat_xact_all_tables where relid = 'platform.outbox'::regclass`,
    );
    const lease = statement(
      'test.lease',
      `select id from outward.lease_deliveries(clock_timestamp(), '{}', '{}', 1, $1::uuid, 1, 60000)`,
    );
    const [before, leased, after] = await context.database.system(async (tx) => [
      await tx.query<Reads>(reads),
      await tx.query(lease, [newUuid(context)]),
      await tx.query<Reads>(reads),
    ]);
    assert.equal(leased.length, 1);
    assert.equal(after[0]?.whole, before[0]?.whole);
    assert.equal(after[0]?.by_index, (before[0]?.by_index ?? 0) + 1);
  });

  test('of an endpoint that keeps an order waits for its turn, also for those held since before', async () => {
    const { context, calls, pump, scope, always, count, allDelivered } = await world();
    await endpointOf(context, scope);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('it is under way', () => calls.length === 1);
    await asOwner(context.on, 'update outward.webhook_endpoints set ordered = true');
    await happen(context, scope, 2);
    await handOn(context, listeners);
    assert.equal(await count('due_deliveries'), 2);
    const other = await workerOn(context.on);
    assert.equal(await other.pump.round(other.context, kinds), 0, 'An older one is under way.');

    always(200);
    calls[0]?.answer(200);
    await pump.idle(context);
    await until('the others are told', async () => {
      await pump.round(context, kinds);
      return allDelivered();
    });
    await pump.idle(context);
  });
});
