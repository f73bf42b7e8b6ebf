import { checks } from './checks.ts';
import { preparePartitions, releaseBoth, takeSnapshots } from './snapshots.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** What is posted within it is summed anew by each question for a balance. */
const SNAPSHOT_EVERY_MS = 10_000;
const RELEASE_EVERY_MS = 60_000;

export const module = {
  name: 'books/ledger',
  migrations: new URL('./migrations/', import.meta.url),
  periodicJobs: [
    { name: 'ledger.prepare_partitions', everyMs: DAY_MS, run: preparePartitions },
    {
      name: 'ledger.take_snapshots',
      everyMs: SNAPSHOT_EVERY_MS,
      run: async (context: Parameters<typeof takeSnapshots>[0]) =>
        void (await takeSnapshots(context)),
    },
    { name: 'ledger.release_due', everyMs: RELEASE_EVERY_MS, run: releaseBoth },
  ],
  checks,
};
