import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimits } from '#platform/limits';
import { manualClock } from '../../kit/context/for-tests.ts';

test('a key may spend its burst at once and then its rate', () => {
  const clock = manualClock();
  const limits = createLimits(clock, { perSecond: 10, burst: 20 });
  for (let n = 0; n < 20; n += 1) assert.equal(limits.take('a'), null);
  assert.equal(limits.take('a'), 1);
  clock.advance(500);
  for (let n = 0; n < 5; n += 1) assert.equal(limits.take('a'), null);
  assert.equal(limits.take('a'), 1);
});

test('one key does not use up the share of another', () => {
  const limits = createLimits(manualClock(), { perSecond: 1, burst: 1 });
  assert.equal(limits.take('a'), null);
  assert.equal(limits.take('a'), 1);
  assert.equal(limits.take('b'), null);
});

test('a refused key is told how long to wait', () => {
  const limits = createLimits(manualClock(), { perSecond: 2, burst: 10 });
  limits.take('a', 10);
  assert.equal(limits.take('a', 10), 5);
});

test('what costs more than the whole burst takes the whole burst', () => {
  const clock = manualClock();
  const limits = createLimits(clock, { perSecond: 2, burst: 8 });
  assert.equal(limits.take('search', 20), null);
  assert.equal(limits.take('search', 20), 4);
  clock.advance(4_000);
  assert.equal(limits.take('search', 20), null);
});
