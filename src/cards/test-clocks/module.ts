import { lastEventCarriesItsNumber } from '#platform/events';
import { loadingById } from '#platform/http';
import { ARRIVE_JOB, arrive } from './advance-test-clock.ts';
import { testClockEventKinds } from './events.ts';
import { renderTestClock, TEST_CLOCK } from './render-test-clock.ts';
import { testClockRoutes } from './routes.ts';
import { loadTestClocks } from './test-clocks.store.ts';

export const module = {
  name: 'cards/test-clocks',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => testClockRoutes,
  resources: [
    {
      object: 'test_helpers.test_clock',
      permission: 'test_clocks',
      hashes: ['status_details'],
      owns: (id: string) => id.startsWith(`${TEST_CLOCK}_`),
      load: loadingById(TEST_CLOCK, loadTestClocks, (clock) =>
        clock.deleted ? undefined : renderTestClock(clock),
      ),
    },
  ],
  eventKinds: testClockEventKinds,
  jobs: [{ name: ARRIVE_JOB, run: arrive }],
  checks: [
    lastEventCarriesItsNumber({ what: 'a test clock', table: 'cards.test_clocks', of: TEST_CLOCK }),
  ],
};
