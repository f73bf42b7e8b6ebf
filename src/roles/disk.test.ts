import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import type { Log } from '#kit/context';
import { manualClock, silentLog } from '../kit/context/for-tests.ts';
import { watchDisk } from './disk.ts';

test('a disk of which less than 15 % is free is told of once, and once when it has room again', async () => {
  const clock = manualClock();
  const told: string[] = [];
  const log: Log = {
    ...silentLog,
    error: ({ problem }) => void told.push(String(problem)),
    warn: (_, message) => void told.push(message),
  };
  let free = 0.16;
  const watch = watchDisk({ clock, log }, async () => {
    if (Number.isNaN(free)) throw new Error('EIO');
    return free;
  });
  const minuteWith = async (share: number): Promise<readonly string[]> => {
    await settled();
    free = share;
    clock.advance(60_000);
    await settled();
    return told.splice(0);
  };
  assert.deepEqual(await minuteWith(0.1499), ['14 % of it is free']);
  assert.deepEqual(await minuteWith(0.03), []);
  assert.deepEqual(await minuteWith(Number.NaN), []);
  assert.deepEqual(await minuteWith(0.16), []);
  assert.deepEqual(await minuteWith(0.17), ['The disk under TOLLGATE_DATA has room again']);
  assert.deepEqual(await minuteWith(0.149), ['14 % of it is free']);
  watch.stop();
  assert.deepEqual(await minuteWith(0.9), []);
});
