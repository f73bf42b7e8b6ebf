// The wait for a connection, on a clock of the test's own.

import assert from 'node:assert/strict';
import { after, before, mock, test } from 'node:test';
import { DatabaseUnavailable } from '#platform/db';
import { connectionSettings, databaseWith } from './for-tests.ts';
import { createPool, type Pool } from './pool.ts';

const WAIT_MS = 1_000;
let pool: Pool;

before(async () => {
  const on = await databaseWith([]);
  pool = createPool({ ...connectionSettings(on.ownerUrl), size: 1, waitTimeoutMs: WAIT_MS });
  await pool.use((connection) => connection.send({ name: '', text: 'select 1' }));
  mock.timers.enable({ apis: ['setTimeout'] });
});
after(async () => {
  mock.timers.reset();
  await pool.close();
});

const turns = async (): Promise<void> => {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Takes the connection, or a place in the queue, and has it until it is told to let go. */
const user = () => {
  const { promise: done, resolve: leave } = Promise.withResolvers<void>();
  const seen = { state: 'waiting', leave };
  pool
    .use(async () => {
      seen.state = 'served';
      await done;
    })
    .catch((error: unknown) => {
      assert.ok(error instanceof DatabaseUnavailable);
      seen.state = 'sent away';
    });
  return seen;
};

const wait = async (ms: number): Promise<void> => {
  mock.timers.tick(ms);
  await turns();
};

test('who waits while nobody is served is sent away after the limit, and not before', async () => {
  const [holder, first, second] = [user(), user(), user()];
  await wait(WAIT_MS - 1);
  assert.deepEqual([first.state, second.state], ['waiting', 'waiting']);
  await wait(1);
  assert.deepEqual([first.state, second.state], ['sent away', 'sent away']);
  assert.equal(pool.waiting, 0);
  holder.leave();
  await turns();
});

test('who waits in a queue that moves is not sent away for its length, but for its fifth limit', async () => {
  const users = Array.from({ length: 8 }, user);
  await turns();
  for (let served = 0; served < 4; served += 1) {
    await wait(WAIT_MS / 2);
    users[served]?.leave();
    await wait(WAIT_MS / 2);
    assert.equal(users[served + 1]?.state, 'served');
    assert.equal(users.at(-1)?.state, 'waiting');
  }
  users[4]?.leave();
  await wait(WAIT_MS);
  assert.deepEqual(
    users.slice(4).map(({ state }) => state),
    ['served', 'served', 'sent away', 'sent away'],
  );
  users[5]?.leave();
  await turns();
});

test('what came in while the process was busy counts before anybody is sent away', async () => {
  const [holder, waiter] = [user(), user()];
  await turns();
  setImmediate(holder.leave);
  mock.timers.tick(WAIT_MS);
  await turns();
  assert.equal(waiter.state, 'served');
  waiter.leave();
  await turns();
});
