import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid, type Uuid, uuidAt } from '#kit/ids';
import { gatherEventKinds } from '#platform/events';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { analyzed } from '../../platform/db/for-tests-rows-read.ts';
import { type Disabled, type Endpoint, switched } from './endpoint.ts';
import { countReplayed, replay, replayOf, replayPiece } from './replays.store.ts';

const ever = { from: uuidAt(0), before: uuidAt(2 ** 48 - 1) };
const codes = [205, 221];

const endpointOf = async (context: TestContext, { accountId }: Scope): Promise<Uuid> => {
  const id = newUuid(context);
  await asOwner(
    context.on,
    `insert into outward.webhook_endpoints (account_id, livemode, id, version, state, url, secrets, details)
     values ('${accountId}', false, '${id}', 1, 1, 'http://127.0.0.1:9', '', '{}')`,
  );
  return id;
};

/** So many were delivered, of which every `givenUp`th was given up instead. */
const deliveriesOf = async (
  context: TestContext,
  { accountId }: Scope,
  { endpointId, count, givenUp }: { endpointId: Uuid; count: number; givenUp: number },
): Promise<void> => {
  await asOwner(
    context.on,
    `insert into outward.deliveries (account_id, livemode, id, endpoint_id, event_id, object_id, sequence, state,
                                     attempts, given_up)
     select '${accountId}', false, (lpad(to_hex(n), 12, '0') || '7000' || right(md5('${endpointId}' || n), 16))::uuid,
            '${endpointId}', (lpad(to_hex(n), 12, '0') || '70008000000000000000')::uuid, gen_random_uuid(), 1,
            case when n % ${givenUp} = 0 then 3 else 2 end, 10, n % ${givenUp} = 0
       from generate_series(1, ${count}) n`,
  );
  await analyzed(context.on);
};

/** So many payments were paid, so many milliseconds after each other, and the endpoints of their account were disabled. */
const paymentsOf = async (
  context: TestContext,
  { accountId }: Scope,
  {
    count,
    fromMs,
    stepMs = 1,
    livemode = false,
  }: { count: number; fromMs: number; stepMs?: number; livemode?: boolean },
): Promise<void> => {
  await asOwner(
    context.on,
    `insert into platform.events (account_id, livemode, id, object_id, sequence, kinds, renderer, snapshot)
     select '${accountId}', ${livemode},
            (lpad(to_hex(${fromMs} + n * ${stepMs}), 12, '0') || '7000' || left(md5('${accountId}${livemode}' || n), 15) || '0')::uuid,
            gen_random_uuid(), 2, '{221,205}', 1, '{}'
       from generate_series(0, ${count - 1}) n`,
  );
  await analyzed(context.on);
};

type Due = { event_id: Uuid; account_id: Uuid; livemode: boolean; sequence: number };
/** What is due, in the order in which it is taken. */
const allDue = async (context: TestContext): Promise<Due[]> =>
  (await asOwner(
    context.on,
    `select w.event_id, w.account_id, w.livemode, d.sequence
       from outward.due_deliveries w
       join outward.deliveries d on d.account_id = w.account_id and d.livemode = w.livemode and d.id = w.id
      order by w.due_at, w.event_id`,
  )) as Due[];

type Counts = { waiting: number; due: number; replays: number };
const countsOf = async (context: TestContext): Promise<Counts> => {
  const [row] = await asOwner(
    context.on,
    `select (select count(*)::integer from outward.deliveries where state = 1 and attempts = 0 and not given_up) as waiting,
            (select count(*)::integer from outward.due_deliveries) as due,
            (select count(*)::integer from outward.replays) as replays`,
  );
  return row as Counts;
};

/** As if all that is due had been taken. */
const takeAll = (context: TestContext): Promise<unknown> =>
  asOwner(
    context.on,
    `with gone as (delete from outward.due_deliveries returning id)
     update outward.deliveries set state = 2, attempts = 1, due_at = null where id in (select id from gone)`,
  );

const prepared = async (count: number, givenUp: number) => {
  const context = await testContext();
  const scope = await testAccount(context);
  const endpointId = await endpointOf(context, scope);
  await deliveriesOf(context, scope, { endpointId, count, givenUp });
  const promise = async (alsoDelivered: boolean, range = ever) => {
    const wanted = { endpointId, ...range, alsoDelivered, missed: { codes, ...range } };
    const counted = await countReplayed(context, scope, wanted);
    await context.database.commit(scope, [replay(context, scope, wanted)]);
    return counted;
  };
  return { context, scope, endpointId, promise };
};

describe('a time range that is told again', () => {
  test('goes a part at a time, waits while much is to be told, and tells each once', async () => {
    const { context, promise } = await prepared(2_500, 5);
    assert.equal(await promise(true), 2_500);
    assert.deepEqual(await countsOf(context), { waiting: 0, due: 0, replays: 1 });

    assert.equal(await replayPiece(context), 1_001);
    assert.deepEqual(await countsOf(context), { waiting: 1_000, due: 1_000, replays: 1 });
    assert.equal(await replayPiece(context), 0);
    await takeAll(context);

    // Another worker goes on where the one before it was.
    const next = await testContext({ on: context.on });
    assert.equal(await replayPiece(next), 1_001);
    await takeAll(context);
    assert.equal(await replayPiece(next), 501);
    assert.deepEqual(await countsOf(context), { waiting: 500, due: 500, replays: 0 });
    assert.equal(await replayPiece(next), 0);
  });

  test('is of what was given up alone, where nothing else was asked for, and of no more than the range', async () => {
    const { context, promise } = await prepared(2_500, 5);
    assert.equal(await promise(false), 500);
    assert.equal(await replayPiece(context), 501);
    assert.deepEqual(await countsOf(context), { waiting: 500, due: 500, replays: 0 });
    await takeAll(context);
    assert.equal(await promise(true, { from: uuidAt(100), before: uuidAt(200) }), 100);
    assert.equal(await replayPiece(context), 101);
    const [bounds] = await asOwner(
      context.on,
      'select min(left(id::text, 13)) as least, max(left(id::text, 13)) as most from outward.due_deliveries',
    );
    assert.deepEqual(bounds, { least: '00000000-0064', most: '00000000-00c7' });
  });

  test('looks through no more at once where another endpoint was told of all that lies between', async () => {
    const { context, scope, promise } = await prepared(1_500, 1_500);
    const other = await endpointOf(context, scope);
    await deliveriesOf(context, scope, { endpointId: other, count: 1_500, givenUp: 1_500 });
    await promise(true);
    const told = [];
    for (let again = await replayPiece(context); again > 0; again = await replayPiece(context)) {
      told.push(again - 1);
      await takeAll(context);
    }
    assert.ok(told.length >= 3, `${told.length} pieces`);
    assert.equal(
      told.reduce((sum, each) => sum + each, 0),
      1_500,
    );
  });

  test('is told no more often than it was asked for, and what waits to be told is not asked for again', async () => {
    const { context, promise } = await prepared(10, 1);
    for (let times = 0; times < 3; times += 1) assert.equal(await promise(true), 10);
    assert.equal(await replayPiece(context), 11);
    assert.equal(await replayPiece(context), 1);
    assert.deepEqual(await countsOf(context), { waiting: 10, due: 10, replays: 1 });
    await takeAll(context);
    assert.equal(await replayPiece(context), 11);
    assert.deepEqual(await countsOf(context), { waiting: 10, due: 10, replays: 0 });
  });

  test('waits for an endpoint that is disabled, and ends with one that is deleted', async () => {
    const { context, promise } = await prepared(10, 1);
    await promise(false);
    const set = (state: number) =>
      asOwner(context.on, `update outward.webhook_endpoints set state = ${state}`);
    await set(2);
    assert.equal(await replayPiece(context), 0);
    assert.deepEqual(await countsOf(context), { waiting: 0, due: 0, replays: 1 });
    await set(3);
    assert.equal(await replayPiece(context), 1);
    assert.deepEqual(await countsOf(context), { waiting: 0, due: 0, replays: 0 });
  });

  test('takes turns with others', async () => {
    const { context, scope, promise } = await prepared(2_500, 1);
    await promise(false);
    const endpointId = await endpointOf(context, scope);
    await deliveriesOf(context, scope, { endpointId, count: 3, givenUp: 1 });
    await context.database.commit(scope, [
      replay(context, scope, { endpointId, ...ever, alsoDelivered: false, missed: null }),
    ]);
    assert.equal(await replayPiece(context), 1_001);
    await takeAll(context);
    assert.equal(await replayPiece(context), 4);
  });
});

describe('what nobody owed an endpoint because it was disabled', () => {
  const disabled = async (count: number, stepMs = 1) => {
    const { context, scope, endpointId, promise } = await prepared(1, 1);
    await takeAll(context);
    await asOwner(context.on, 'delete from outward.deliveries');
    const fromMs = context.clock.now() - 3_600_000;
    await paymentsOf(context, scope, { count, fromMs, stepMs });
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

  test('is what it wants, has been handed on, and is of no other time', async () => {
    const { context, scope, endpointId, fromMs } = await disabled(10);
    await asOwner(
      context.on,
      `insert into platform.outbox (event_id, account_id, livemode, object_id, sequence, kinds, has_address)
       select id, account_id, livemode, object_id, sequence, kinds, false from platform.events order by id limit 3`,
    );
    const wanted = {
      endpointId,
      alsoDelivered: false,
      ...ever,
      missed: { codes: [205], from: uuidAt(fromMs + 1), before: uuidAt(fromMs + 9) },
    };
    assert.equal(await countReplayed(context, scope, wanted), 6);
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

  test('is what it wants now, of the time in which it was disabled, a day around it, and 28 days', () => {
    const clock = manualClock();
    const kinds = gatherEventKinds([
      { code: 1, type: 'a.made', object: 'a', renderers: {}, renderer: 1 },
      { code: 2, type: 'b.made', object: 'b', renderers: {}, renderer: 1 },
    ]);
    const nowMs = clock.now();
    const day = (days: number) => nowMs + days * 86_400_000;
    const missedOf = (disabled: Disabled | null, made = -100, events: string[] | null = null) => {
      const range = { from: uuidAt(day(-60)), before: uuidAt(nowMs + 1), alsoDelivered: false };
      const endpoint = { id: uuidAt(day(made)), events, disabled };
      const { missed } = replayOf({ clock }, kinds, endpoint, range);
      return missed && [missed.codes, missed.from, missed.before];
    };
    const all = [1, 2];
    const from = day(-10);
    const end = uuidAt(nowMs + 1);
    assert.equal(missedOf(null), null);
    assert.equal(missedOf({ fromMs: day(-40), toMs: day(-30) }), null);
    const five = { fromMs: from, toMs: day(-5) };
    assert.deepEqual(missedOf(five), [all, uuidAt(day(-11)), uuidAt(day(-4))]);
    assert.deepEqual(missedOf(five, -7, ['b.made']), [[2], uuidAt(day(-7)), uuidAt(day(-4))]);
    assert.deepEqual(missedOf({ fromMs: from, toMs: null }), [all, uuidAt(day(-11)), end]);
    assert.deepEqual(missedOf({ fromMs: day(-50), toMs: null }), [all, uuidAt(day(-28)), end]);
  });
});

test('When an endpoint was disabled is known from the first time that matters to the last', () => {
  const endpoint = { state: 'enabled', disabled: null, whyDisabled: null } as unknown as Endpoint;
  const off = (from: Endpoint, nowMs: number) =>
    switched(from, { state: 'disabled', why: 'Gone.', nowMs });
  const on = (from: Endpoint, nowMs: number) =>
    switched(from, { state: 'enabled', why: null, nowMs });
  const once = on(off(endpoint, 10), 20);
  assert.deepEqual(once, { ...endpoint, disabled: { fromMs: 10, toMs: 20 } });
  assert.equal(on(once, 30), once);
  assert.deepEqual(off(once, 30).disabled, { fromMs: 10, toMs: null });
  assert.equal(off(once, 30).whyDisabled, 'Gone.');
  const later = 20 + 31 * 86_400_000;
  assert.deepEqual(off(once, later).disabled, { fromMs: later, toMs: null });
  assert.deepEqual(on(off(endpoint, 10), later).disabled, { fromMs: 10, toMs: later });
});
