import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { AHEAD_MS, readAhead } from './ahead.ts';
import { manualClock } from './for-tests.ts';

test('What is read ahead is begun at once, and read once by all who ask for it soon', async () => {
  let reads = 0;
  const clock = manualClock();
  const ahead = readAhead({ clock }, async () => (reads += 1));
  assert.equal(reads, 1);
  clock.advance(AHEAD_MS - 1);
  assert.deepEqual([await ahead(), await ahead()], [1, 1]);
  clock.advance(1);
  assert.equal(await ahead(), 2);
});

test('Should it fail, who asks for it hears of that, and nobody else', async () => {
  const ahead = readAhead({ clock: manualClock() }, () => Promise.reject(new Error('away')));
  // Were it nobody's, it would end the process here.
  await turn();
  await assert.rejects(ahead(), /away/);
});
