import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '#kit/context';
import { manualClock, silentLog } from '../kit/context/for-tests.ts';
import { watchStalls } from './stalls.ts';

test('a process that stood still for some seconds says so when it is over, and how long it was', () => {
  const clock = manualClock();
  const told: unknown[] = [];
  const log: Log = { ...silentLog, error: ({ durationMs }) => void told.push(durationMs) };
  const watch = watchStalls({ clock, log });
  for (let second = 0; second < 10; second += 1) clock.advance(1_000);
  clock.advance(3_000);
  assert.deepEqual(told, []);

  clock.advance(1_000 + 5_000);
  assert.deepEqual(told, [5_000]);
  clock.advance(1_000);
  watch.stop();
  clock.advance(60_000);
  assert.deepEqual(told, [5_000]);
});
