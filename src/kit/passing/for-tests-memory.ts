// How much of what comes and goes V8 moves to old memory, where it stays until the whole heap is looked through.

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void;

const oldMb = (): number =>
  getHeapSpaceStatistics()
    .filter(({ space_name }) => !space_name.startsWith('new_'))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0) / 1e6;

/**
 * By how many MB old memory has grown when `each` was done so often, and what is young was collected now and then. It is done
 * as often before: what is compiled and kept once is no part of it.
 */
export const oldMemoryGrownBy = async (
  times: number,
  each: (n: number) => unknown,
): Promise<number> => {
  for (let n = 0; n < times; n += 1) await each(n);
  collect({ type: 'major' });
  const before = oldMb();
  for (let n = 0; n < times; n += 1) {
    await each(n);
    if (n % 100 === 99) collect({ type: 'minor' });
  }
  collect({ type: 'minor' });
  return oldMb() - before;
};
