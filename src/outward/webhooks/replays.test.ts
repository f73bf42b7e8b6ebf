import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid, type Uuid, uuidAt } from '#kit/ids';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { analyzed } from '../../platform/db/for-tests-rows-read.ts';
import { countReplayed, replay, replayPiece } from './replays.store.ts';

const ever = { from: uuidAt(0), before: uuidAt(2 ** 48 - 1) };

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
    const wanted = { endpointId, ...range, alsoDelivered };
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
      replay(context, scope, { endpointId, ...ever, alsoDelivered: false }),
    ]);
    assert.equal(await replayPiece(context), 1_001);
    await takeAll(context);
    assert.equal(await replayPiece(context), 4);
  });
});
