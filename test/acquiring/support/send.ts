// A gateway in a process of its own, which pays through the direct connector, or resolves, and may be
// ended or stopped at any point. The bank, the vault's database and the verdict are the test's.

import { localKeys, openVault, provideVault } from '#cards/vault';
import { crashPointFrom, type Scope, systemClock, systemRandom } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { openDatabase } from '#platform/db';
import { directoryOf, openRails, provideDirectory, provideRails } from '#rails/connectors';
import { usualGates } from '#rails/operations';
import { noNetwork, silentLog } from '../../../src/kit/context/for-tests.ts';
import { operationListeners } from '../../../src/modules.ts';
import { cardPayment, testMaster, testPlaces } from '../../../src/rails/connectors/for-tests.ts';
import { impatient, quick } from './impatient.ts';

export type Work = {
  readonly appUrl: string;
  readonly vaultUrl: string;
  readonly folders: readonly [string, string];
  readonly journalFolder: string;
  readonly scope: Scope;
  readonly account: Uuid;
  readonly card: Uuid;
  readonly timeoutMs: number;
  readonly crashAt: string;
  readonly leaseMs?: number;
  /** How often it looks for what is due before it ends. */
  readonly rounds?: number;
  /** Payments to send, one after the other; none: resolve for a while. */
  readonly intents: readonly Uuid[];
};

const run = async (work: Work): Promise<void> => {
  const crashPoint = crashPointFrom(work.crashAt);
  const clock = systemClock;
  const context = {
    clock,
    random: systemRandom,
    network: noNetwork,
    log: silentLog,
    actor: { kind: 'system', id: 'child' } as const,
    crashPoint,
    database: openDatabase({ url: work.appUrl, poolSize: 3, clock, crashPoint }),
  };
  const quiet = crashPointFrom(undefined);
  const database = openDatabase({ url: work.vaultUrl, poolSize: 2, clock, crashPoint: quiet });
  const vault = await openVault({
    context: { ...context, database },
    providers: [
      await localKeys({
        shareFolders: work.folders,
        clock,
        random: systemRandom,
        createFirst: false,
      }),
    ],
    livemode: false,
  });
  provideVault(context, vault);
  const directory = directoryOf(
    [impatient(quick(), { timeoutMs: work.timeoutMs })],
    testMaster,
    testPlaces,
  );
  provideDirectory(context, directory);
  const rails = await openRails(context, {
    directory,
    master: testMaster,
    journalFolder: work.journalFolder,
    listeners: operationListeners,
    gates: { ...usualGates, failuresMax: 1e9 },
  });
  provideRails(context, rails);
  process.send?.('ready');
  for (const intentId of work.intents) {
    await rails.send(context, work.scope, {
      connectorAccountId: work.account,
      kind: 'sale',
      intentId,
      ordinal: 1,
      attempt: 1,
      amount: 2_500n,
      currency: 'eur',
      request: cardPayment({
        method: {
          type: 'card',
          card: work.card,
          cvcFor: null,
          brand: 'visa',
          funding: 'credit',
          country: 'US',
        },
      }),
    });
  }
  if (work.intents.length === 0) {
    const resolver = rails.createResolver({ leaseMs: work.leaseMs ?? 1_000 });
    for (let round = 0; round < (work.rounds ?? 200); round += 1) {
      await resolver.round();
      await resolver.idle();
      await clock.sleep(25);
    }
  }
  await rails.close();
  await vault.close();
  await database.close();
  await context.database.close();
};

if (process.argv[2] !== undefined && import.meta.main) {
  await run(JSON.parse(process.argv[2]) as Work);
  process.disconnect?.();
}
