import type { Context, Scope } from '#kit/context';
import { parseId, spellId } from '#kit/ids';
import { lastEventCarriesItsNumber } from '#platform/events';
import { ARRIVE_JOB, arrive } from './advance-test-clock.ts';
import { testClockEventKinds } from './events.ts';
import { renderTestClock, TEST_CLOCK } from './render-test-clock.ts';
import { testClockRoutes } from './routes.ts';
import { loadTestClocks } from './test-clocks.store.ts';

const load = async (
  context: Context,
  scope: Scope,
  ids: readonly string[],
): Promise<ReadonlyMap<string, unknown>> => {
  const uuids = ids.map((id) => parseId(TEST_CLOCK, id)).filter((uuid) => uuid !== null);
  const clocks = await loadTestClocks(context, scope, uuids);
  return new Map(
    [...clocks.values()]
      .filter(({ deleted }) => !deleted)
      .map((clock) => [spellId(TEST_CLOCK, clock.id), renderTestClock(clock)]),
  );
};

export const module = {
  name: 'cards/test-clocks',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => testClockRoutes,
  resources: [
    {
      object: 'test_helpers.test_clock',
      permission: 'test_clocks',
      owns: (id: string) => id.startsWith(`${TEST_CLOCK}_`),
      load,
    },
  ],
  eventKinds: testClockEventKinds,
  jobs: [{ name: ARRIVE_JOB, run: arrive }],
  checks: [
    lastEventCarriesItsNumber({ what: 'a test clock', table: 'cards.test_clocks', of: TEST_CLOCK }),
  ],
};
