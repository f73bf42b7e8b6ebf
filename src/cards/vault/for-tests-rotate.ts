// A process of the tests that rotates data keys and moves cards until it is killed.

import { crashPointFrom, systemClock, systemRandom } from '#kit/context';
import { openDatabase } from '#platform/db';
import { silentLog } from '../../kit/context/for-tests.ts';
import { localKeys } from './local-keys.ts';
import { openVault } from './open-vault.ts';

const [url = '', a = '', b = ''] = process.argv.slice(2);
const caller = { actor: { kind: 'system', id: 'rotation test' } } as const;
const shared = { clock: systemClock, random: systemRandom };
const vault = await openVault({
  context: {
    ...shared,
    ...caller,
    log: silentLog,
    database: openDatabase({
      url,
      poolSize: 4,
      clock: systemClock,
      crashPoint: crashPointFrom(''),
    }),
  },
  providers: [await localKeys({ ...shared, shareFolders: [a, b], createFirst: false })],
  livemode: false,
  settings: { rowsPerStep: 20 },
});
await vault.rotate(caller, { key: 'data' });
process.stdout.write('started\n');
for (;;) {
  if ((await vault.maintain(caller)) === 0) await vault.rotate(caller, { key: 'data' });
}
