import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { uuidAt } from '#kit/ids';
import { asOwner, testContext } from '../../for-tests.ts';
import {
  countsOf,
  deliveriesOf,
  endpointOf,
  ever,
  prepared,
  takeAll,
} from './for-tests-replays.ts';
import { replay, replayPiece } from './replays.store.ts';

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
