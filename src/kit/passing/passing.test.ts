import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Passing } from './index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void;

const oldMb = (): number =>
  getHeapSpaceStatistics()
    .filter(({ space_name }) => /^(?:old|large_object|trusted)/.test(space_name))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0) / 1e6;

/** By how much old memory grows when a thousand of 20 kB come and go, twenty at a time. */
const grownBy = (entries: Map<number, object> | Passing<number, object>): number => {
  collect({ type: 'major' });
  const before = oldMb();
  for (let n = 0; n < 1_000; n += 1) {
    entries.set(n, { kept: new Array<number>(2_500).fill(n) });
    entries.delete(n - 20);
    if (n % 100 === 0) collect({ type: 'minor' });
  }
  collect({ type: 'minor' });
  return oldMb() - before;
};

test('what has gone is not kept, as a Map would', () => {
  const byMap = grownBy(new Map());
  const byPassing = grownBy(new Passing<number, object>());
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
