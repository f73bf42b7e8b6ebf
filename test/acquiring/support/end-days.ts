// A gateway in a process of its own, which ends days and may be killed at any point of it.

import {
  crashPointFrom,
  movableClock,
  systemClock,
  systemNetwork,
  systemRandom,
} from '#kit/context';
import { openDatabase } from '#platform/db';
import { directoryOf, openRails, provideDirectory, provideRails } from '#rails/connectors';
import { silentLog } from '../../../src/kit/context/for-tests.ts';
import { operationListeners } from '../../../src/modules.ts';
import { endDays } from '../../../src/rails/connectors/end-days.ts';
import { testMaster, testPlaces } from '../../../src/rails/connectors/for-tests.ts';
import { impatient, quick } from './impatient.ts';

export type DayWork = {
  readonly appUrl: string;
  readonly journalFolder: string;
  /** How far its clock is ahead. */
  readonly offsetMs: number;
  readonly crashAt: string;
};

const run = async (work: DayWork): Promise<void> => {
  const crashPoint = crashPointFrom(work.crashAt);
  const clock = movableClock(systemClock);
  clock.moveTo(work.offsetMs);
  const context = {
    clock,
    random: systemRandom,
    network: systemNetwork,
    log: silentLog,
    actor: { kind: 'system', id: 'child' } as const,
    crashPoint,
    database: openDatabase({ url: work.appUrl, poolSize: 3, clock, crashPoint }),
  };
  const directory = directoryOf([impatient(quick(), { timeoutMs: 2_000 })], testMaster, testPlaces);
  provideDirectory(context, directory);
  const rails = await openRails(context, {
    directory,
    master: testMaster,
    journalFolder: work.journalFolder,
    listeners: operationListeners,
  });
  provideRails(context, rails);
  while ((await endDays(rails.parts, context)) > 0);
  await rails.close();
  await context.database.close();
};

if (process.argv[2] !== undefined && import.meta.main) {
  await run(JSON.parse(process.argv[2]) as DayWork);
}
