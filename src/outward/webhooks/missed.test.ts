// What happened while an endpoint was disabled: told when its time is asked for, and nothing else is.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { newUuid, uuidAt, uuidMs } from '#kit/ids';
import {
  appendChange,
  type EventKind,
  gatherEventKinds,
  handOn,
  type Listener,
} from '#platform/events';
import { ApiError, type ApiRequest } from '#platform/http';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { feedRoutes } from './feed-routes.ts';
import {
  allDue,
  countsOf,
  type Due,
  endpointOf,
  ever,
  paymentsOf,
  prepared,
  setState,
  takeAll,
} from './for-tests-replays.ts';
import { module } from './module.ts';
import { countReplayed, replay, replayOf, replayPiece } from './replays.store.ts';

describe('what nobody owed an endpoint because it was disabled', () => {
  const disabled = async (count: number, stepMs = 1) => {
    const { context, scope, endpointId, promise } = await prepared(1, 1);
    await takeAll(context);
    await asOwner(context.on, 'delete from outward.deliveries');
    const fromMs = context.clock.now() - 3_600_000;
    await setState(context, endpointId, 2);
    await paymentsOf(context, scope, { count, fromMs, stepMs });
    await setState(context, endpointId, 1);
    return { context, scope, endpointId, promise, fromMs };
  };

  test('is told with its time, each event once and in order, whoever dies between the pieces', async () => {
    const { context, scope, promise, fromMs } = await disabled(1_200);
    const others = await testAccount(context);
    await endpointOf(context, others);
    await paymentsOf(context, others, { count: 1_200, fromMs });
    await paymentsOf(context, scope, { count: 1_200, fromMs, livemode: true });
    assert.equal(await promise(false), 2_400);

    const told: Due[] = [];
    for (let tries = 0; tries < 10; tries += 1) {
      // Another worker each time.
      const again = await replayPiece(await testContext({ on: context.on }));
      const due = await allDue(context);
      assert.equal(due.length, Math.max(0, again - 1));
      told.push(...due);
      await takeAll(context);
      if (again === 0) break;
    }
    assert.equal(told.length, 2_400);
    assert.equal(new Set(told.map(({ event_id: id }) => id)).size, 2_400);
    assert.deepEqual(
      told.map(({ event_id: id }) => id),
      told.map(({ event_id: id }) => id).toSorted(),
    );
    assert.ok(told.every(({ account_id: id, livemode }) => id === scope.accountId && !livemode));
    assert.deepEqual(
      told.slice(0, 2).map(({ sequence }) => sequence),
      [2, 3],
    );
    assert.deepEqual(await countsOf(context), { waiting: 0, due: 0, replays: 0 });

    assert.equal(await promise(false), 0);
    assert.equal(await promise(true), 2_400);
  });

  test('comes between what is told again, and a piece that dies leaves nothing of itself', async () => {
    const { context, promise, fromMs } = await disabled(1_500);
    assert.equal(
      await promise(false, { from: uuidAt(fromMs + 500), before: uuidAt(fromMs + 700) }),
      400,
    );
    assert.equal(await replayPiece(context), 401);
    await takeAll(context);
    await asOwner(
      context.on,
      'update outward.deliveries set state = 3, given_up = true where sequence = 3',
    );

    assert.equal(await promise(false), 2_600 + 200);
    const dies = context.database.system(async (tx) => {
      await tx.query({ name: '', text: 'select outward.replay_piece(now(), 1000, 1000)' });
      throw new Error('It died.');
    });
    await assert.rejects(dies, /It died/);
    assert.deepEqual(await countsOf(context), { waiting: 0, due: 0, replays: 1 });
    const told: Due[] = [];
    for (let again = await replayPiece(context); again > 0; again = await replayPiece(context)) {
      told.push(...(await allDue(context)));
      await takeAll(context);
    }
    assert.equal(told.length, 2_800);
    assert.deepEqual(
      told.map(({ event_id: id }) => id),
      told.map(({ event_id: id }) => id).toSorted(),
    );
  });

  test('goes together where it happened at one moment, however much it is', async () => {
    const { context, promise } = await disabled(1_100, 0);
    assert.equal(await promise(false), 2_200);
    let told = 0;
    for (let pieces = 0; pieces < 4; pieces += 1) {
      told += Math.max(0, (await replayPiece(context)) - 1);
      await takeAll(context);
    }
    assert.equal(told, 2_200);
    assert.deepEqual(await countsOf(context), { waiting: 0, due: 0, replays: 0 });
  });

  test('is what it wants, and is of no other time', async () => {
    const { context, scope, endpointId, fromMs } = await disabled(10);
    const wanted = {
      endpointId,
      alsoDelivered: false,
      ...ever,
      missed: { codes: [205], from: uuidAt(fromMs + 3), before: uuidAt(fromMs + 9) },
    };
    assert.deepEqual(await countReplayed(context, scope, wanted), { count: 6, isAll: true });
    await context.database.commit(scope, [replay(context, scope, wanted)]);
    assert.equal(await replayPiece(context), 7);
    const due = await allDue(context);
    assert.deepEqual(
      due.map(({ event_id: id }) => Number.parseInt(id.slice(-1), 16)),
      Array(6).fill(1),
    );
    assert.equal(due[0]?.event_id.slice(0, 13), uuidAt(fromMs + 3).slice(0, 13));
    assert.equal(due[5]?.event_id.slice(0, 13), uuidAt(fromMs + 8).slice(0, 13));
  });

  test('is of each time in which it was disabled, and of none between, however short they were', async () => {
    const { context, scope, endpointId, promise, fromMs } = await disabled(10);
    const others = await endpointOf(context, scope);
    const pay = (count: number, afterMs: number) =>
      paymentsOf(context, scope, { count, fromMs: fromMs + afterMs });
    const momentsTold = async () => {
      const due = await allDue(context);
      await takeAll(context);
      return [...new Set(due.map(({ event_id: id }) => uuidMs(id) - fromMs))];
    };
    // Enabled it wants nothing of these, as far as anybody told it.
    await pay(1, 100);
    await setState(context, endpointId, 2);
    await pay(1, 200);
    await setState(context, others, 2);
    await setState(context, endpointId, 1);
    await setState(context, endpointId, 2);
    await pay(1, 201);
    await setState(context, endpointId, 1);
    await pay(1, 300);
    await setState(context, endpointId, 2);
    await setState(context, endpointId, 1);
    const spans = await asOwner(
      context.on,
      `select after::integer, up_to::integer from outward.disabled_spans where endpoint_id = '${endpointId}' order by after`,
    );
    assert.deepEqual(spans, [
      { after: 0, up_to: 20 },
      { after: 22, up_to: 26 },
    ]);
    assert.equal(
      await promise(false, { from: uuidAt(fromMs + 9), before: uuidAt(fromMs + 1_000) }),
      6,
    );
    assert.equal(await replayPiece(context), 7);
    assert.deepEqual(await momentsTold(), [9, 200, 201]);

    await setState(context, endpointId, 2);
    await pay(1, 400);
    assert.equal(await promise(true), 24 + 2);
    assert.equal(await replayPiece(context), 0);
    await setState(context, endpointId, 3);
    assert.equal(await replayPiece(context), 1);
    const left = await asOwner(
      context.on,
      `select from outward.disabled_spans where endpoint_id = '${endpointId}'`,
    );
    assert.deepEqual([left.length, await momentsTold()], [0, []]);
  });

  test('is counted as far as that goes quickly', async () => {
    const { context, scope, endpointId, fromMs } = await disabled(10);
    const [from, before] = [uuidAt(fromMs), uuidAt(fromMs + 5)];
    const wanted = {
      endpointId,
      alsoDelivered: true,
      from,
      before,
      missed: { codes: [205], from, before },
    };
    assert.deepEqual(await countReplayed(context, scope, wanted, 10), { count: 5, isAll: true });
    // Of nine events looked at some are not wanted.
    assert.deepEqual(await countReplayed(context, scope, wanted, 8), { count: 4, isAll: false });
    await setState(context, endpointId, 1);
    await context.database.commit(scope, [replay(context, scope, wanted)]);
    assert.equal(await replayPiece(context), 6);
    assert.deepEqual(await countReplayed(context, scope, wanted, 4), { count: 0, isAll: false });
    await takeAll(context);
    assert.deepEqual(await countReplayed(context, scope, wanted, 4), { count: 5, isAll: false });
  });

  test('is what it wants now, of its own time, and of the last 28 days', () => {
    const clock = manualClock();
    const kinds = gatherEventKinds([
      { code: 1, type: 'a.made', object: 'a', renderers: {}, renderer: 1 },
      { code: 2, type: 'b.made', object: 'b', renderers: {}, renderer: 1 },
    ]);
    const nowMs = clock.now();
    const day = (days: number) => uuidAt(nowMs + days * 86_400_000);
    const missedOf = (made: number, events: string[] | null, from: number, before = day(0)) => {
      const range = { from: day(from), before, alsoDelivered: false };
      const { missed } = replayOf({ clock }, kinds, { id: day(made), events }, range);
      return missed && [missed.codes, missed.from, missed.before];
    };
    assert.deepEqual(missedOf(-100, null, -60), [[1, 2], day(-28), day(0)]);
    assert.deepEqual(missedOf(-100, null, -10, day(-5)), [[1, 2], day(-10), day(-5)]);
    assert.deepEqual(missedOf(-7, ['b.made'], -10), [[2], day(-7), day(0)]);
    assert.equal(missedOf(-100, null, -60, day(-28)), null);
    assert.equal(missedOf(-7, null, -10, day(-8)), null);
  });
});

const created: EventKind = {
  code: 205,
  type: 'customer.created',
  object: 'customer',
  renderer: 1,
  renderers: { 1: (snapshot) => ({ object: snapshot }) },
};
const kinds = gatherEventKinds([created]);

test('What is being handed on while its endpoint is enabled again is told, or found by who asks then', async () => {
  const context = await testContext();
  const scope = await testAccount(context);
  const endpointId = await endpointOf(context, scope);
  await setState(context, endpointId, 2);
  const change = { scope, objectId: newUuid(context), sequence: 1, kinds: [created], snapshot: {} };
  await context.database.commit(scope, [appendChange(context, { ...change, request: null })]);

  // It was looked for endpoints that are told of it, and that is not committed yet.
  const [heard, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holds: Listener = {
    name: 'holds the transaction',
    hear: async () => {
      heard.resolve();
      await over.promise;
    },
  };
  const listeners = [...module.listeners({ eventKinds: kinds }), holds];
  const handing = handOn(context, listeners);
  await heard.promise;

  let isEnabled = false;
  const enable = async () => {
    await setState(context, endpointId, 1);
    isEnabled = true;
  };
  const enabling = enable();
  const isAwaited = async () =>
    (
      await asOwner(
        context.on,
        `select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`,
      )
    ).length > 0;
  while (!isEnabled && !(await isAwaited())) await delay(5);

  const { clock } = context;
  const ask = async () => {
    const range = { from: uuidAt(0), before: uuidAt(clock.now() + 1), alsoDelivered: false };
    const wanted = replayOf({ clock }, kinds, { id: endpointId, events: null }, range);
    await context.database.commit(scope, [replay(context, scope, wanted)]);
    await replayPiece(context);
  };
  if (isEnabled) await ask();
  over.resolve();
  assert.equal(await handing, 1);
  if (!isEnabled) {
    await enabling;
    await ask();
  }
  assert.deepEqual(
    (await allDue(context)).map(({ event_id: id }) => uuidMs(id) > 0),
    [true],
  );
});

test('What only a newer version knows is left to a worker of that version, and everything else is handed on', async () => {
  const context = await testContext();
  const scope = await testAccount(context);
  const newer: EventKind = { ...created, code: 999, type: 'customer.exploded' };
  const append = (kind: EventKind) =>
    context.database.commit(scope, [
      appendChange(context, {
        scope,
        objectId: newUuid(context),
        sequence: 1,
        kinds: [kind],
        snapshot: {},
        request: null,
      }),
    ]);
  await append(newer);
  await append(created);
  const fed = async () => (await asOwner(context.on, 'select event_id from outward.feed')).length;
  assert.equal(await handOn(context, module.listeners({ eventKinds: kinds })), 1);
  assert.equal(await fed(), 1);
  await asOwner(context.on, 'update platform.outbox set not_before = null');
  const all = gatherEventKinds([created, newer]);
  assert.equal(await handOn(context, module.listeners({ eventKinds: all })), 1);
  assert.equal(await fed(), 2);

  // And a reader of this version's is given what stands before it, and then told to come again.
  const read = async (of: typeof kinds, after: number) => {
    const request = { scope, parameters: { after } } as unknown as ApiRequest;
    const answer = (await feedRoutes(of)[0]?.handle(context, request))?.body;
    const { data, has_more, next } = answer as { data: unknown[]; has_more: boolean; next: number };
    return [data.length, has_more, next];
  };
  assert.deepEqual(await read(kinds, 0), [1, true, 1]);
  const toComeAgain = (error: unknown) => error instanceof ApiError && error.status === 503;
  await assert.rejects(read(kinds, 1), toComeAgain);
  assert.deepEqual(await read(all, 0), [2, false, 2]);
});

test('A switch waits for no hand-on that stands still, and all that it may have missed is found', async () => {
  const context = await testContext();
  const scope = await testAccount(context);
  const [enabled, disabled] = [await endpointOf(context, scope), await endpointOf(context, scope)];
  await setState(context, enabled, 2);
  const change = { scope, objectId: newUuid(context), sequence: 1, kinds: [created], snapshot: {} };
  await context.database.commit(scope, [appendChange(context, { ...change, request: null })]);
  const [heard, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holds: Listener = {
    name: 'stands still',
    hear: async () => {
      heard.resolve();
      await over.promise;
    },
  };
  const handing = handOn(context, [...module.listeners({ eventKinds: kinds }), holds]);
  await heard.promise;
  // Nobody lets the hand-on go until both are through.
  await setState(context, enabled, 1);
  await setState(context, disabled, 2);
  over.resolve();
  assert.equal(await handing, 1);

  const { clock } = context;
  for (const endpointId of [enabled, disabled]) {
    const range = { from: uuidAt(0), before: uuidAt(clock.now() + 1), alsoDelivered: false };
    const wanted = replayOf({ clock }, kinds, { id: endpointId, events: null }, range);
    await context.database.commit(scope, [replay(context, scope, wanted)]);
    await replayPiece(context);
  }
  // Of each once: the one was owed it by whoever handed it on, the other by its replay.
  const owed = await asOwner(context.on, 'select endpoint_id from outward.deliveries');
  assert.deepEqual(
    owed.map((row) => String(row['endpoint_id'])).sort(),
    [enabled, disabled].sort(),
  );
  // And again and again, without anything that happens in between.
  for (const state of [2, 1, 2, 1]) await setState(context, enabled, state);
});
