import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { resourceMissing } from '#platform/http';
import { TEST_CLOCK } from './render-test-clock.ts';
import type { TestClock } from './test-clock.ts';
import { loadTestClocks } from './test-clocks.store.ts';

/** `param` is at fault where the clock was named by a parameter and not by the URL. */
export const findTestClock = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
): Promise<TestClock> => {
  const id = parseId(TEST_CLOCK, spelled);
  const found = id === null ? undefined : (await loadTestClocks(context, scope, [id])).get(id);
  if (found !== undefined && !found.deleted) return found;
  throw resourceMissing({
    noun: 'test clock',
    id: spelled,
    ...(param === undefined ? {} : { param }),
  });
};
