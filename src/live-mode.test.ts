import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Log } from '#kit/context';
import { connect } from '#platform/db';
import { testDatabase } from './for-tests.ts';
import { manualClock, silentLog } from './kit/context/for-tests.ts';
import { refusalsOfDatabase, watchLiveMode } from './live-mode.ts';
import { connectionSettings } from './platform/db/for-tests.ts';

const on = await testDatabase();

const refused = async (url: string, aheadMs = 0): Promise<string> => {
  const connection = await connect(connectionSettings(url));
  try {
    const clock = { now: () => Date.now() + aheadMs };
    return (await refusalsOfDatabase(connection, clock)).join(' ');
  } finally {
    await connection.close();
  }
};

describe('live mode is refused', () => {
  test('on a database that forgets what it acknowledged, as that of the tests does', async () => {
    const why = await refused(on.appUrl);
    for (const name of ['fsync', 'full_page_writes', 'synchronous_commit']) {
      assert.match(why, new RegExp(`runs with ${name} off`));
    }
    assert.doesNotMatch(why, /role|clock|security/);
  });

  test('as a role that row level security does not bind', async () => {
    assert.match(await refused(on.ownerUrl), /is a superuser.* owns tables/);
  });

  test('by a clock that differs from that of the database, either way', async () => {
    for (const aheadMs of [60_000, -60_000]) {
      assert.match(await refused(on.appUrl, aheadMs), /clock and the database's differ/);
    }
  });
});

test('live mode that has become unsafe is stopped within a minute, and goes on when it is safe', async () => {
  const clock = manualClock();
  const said: string[] = [];
  const log: Log = {
    ...silentLog,
    error: ({ problem }, message) => void said.push(`${message}: ${String(problem)}`),
    warn: (_, message) => void said.push(message),
  };
  let looks = 0;
  let found: () => Promise<readonly string[]> = async () => [];
  const watch = watchLiveMode({ clock, log }, () => {
    looks += 1;
    return found();
  });
  const aMinuteLater = async (): Promise<boolean> => {
    clock.advance(60_000);
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
    return watch.isSafe;
  };
  assert.deepEqual([watch.isSafe, await aMinuteLater(), looks], [true, true, 1]);

  found = async () => ['The database runs with fsync off: turn it on.'];
  assert.deepEqual([await aMinuteLater(), await aMinuteLater()], [false, false]);
  // One that is away proves nothing, neither way.
  found = () => Promise.reject(new Error('away'));
  assert.equal(await aMinuteLater(), false);
  found = async () => [];
  assert.equal(await aMinuteLater(), true);
  assert.deepEqual(said, [
    'Live mode is stopped: nothing is sent to providers: The database runs with fsync off: turn it on.',
    'Live mode goes on',
  ]);
  assert.equal(looks, 5);
  await watch.stop();
});

test('live mode is stopped at once where the clock is set between two looks, and looked at at once', async () => {
  const clock = manualClock();
  let setMs = 0;
  const said: string[] = [];
  const log: Log = { ...silentLog, warn: (_, message) => void said.push(message) };
  let looks = 0;
  const isNear = Promise.withResolvers<readonly string[]>();
  const watch = watchLiveMode({ clock: { ...clock, now: () => clock.now() + setMs }, log }, () => {
    looks += 1;
    return isNear.promise;
  });
  // Adjusted, as clocks are every day.
  setMs = 1_500;
  assert.deepEqual([watch.isSafe, looks], [true, 0]);
  for (const each of [3_600_000, -3_600_000]) {
    setMs = each;
    assert.equal(watch.isSafe, false);
  }
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
  assert.deepEqual([watch.isSafe, looks], [false, 1]);
  isNear.resolve([]);
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
  assert.deepEqual([watch.isSafe, said], [true, ["This machine's clock was set"]]);
  await watch.stop();
});
