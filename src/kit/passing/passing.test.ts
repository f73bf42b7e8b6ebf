import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oldMemoryGrownBy } from './for-tests-memory.ts';
import { Passing } from './index.ts';

/** A thousand of 20 kB come and go, twenty at a time. */
const kept = (passing: Map<number, object> | Passing<number, object>): Promise<number> =>
  oldMemoryGrownBy(1_000, (n) => {
    passing.set(n, { large: Array.from({ length: 2_500 }, () => n) });
    passing.delete(n - 20);
  });

test('what has gone is not kept, as a Map would', async () => {
  const byMap = await kept(new Map());
  const byPassing = await kept(new Passing());
  assert.ok(byMap > 5, `a Map keeps ${byMap.toFixed(1)} MB, so this test says nothing`);
  assert.ok(byPassing < 2, `${byPassing.toFixed(1)} MB are kept`);
});

test('who comes is there until it goes, in its order and once', () => {
  const passing = new Passing<string, { n: number }>();
  passing.set('a', { n: 1 });
  passing.set('b', { n: 2 });
  passing.set('a', { n: 3 });
  assert.deepEqual(
    [...passing],
    [
      ['a', { n: 3 }],
      ['b', { n: 2 }],
    ],
  );
  assert.deepEqual([passing.get('a'), passing.get('c'), passing.size], [{ n: 3 }, undefined, 2]);
  assert.deepEqual(
    [passing.delete('a'), passing.delete('a'), passing.get('a')],
    [true, false, undefined],
  );
  assert.deepEqual([...passing], [['b', { n: 2 }]]);
});
