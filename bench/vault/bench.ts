// What the vault costs: the cipher alone on a core, a whole vault with its database, and requests of the
// API that carry a card. It brings its own PostgreSQL, durable, in a temporary folder.
//
//   npm run bench:vault [-- seconds per line]

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashPointFrom } from '#kit/context';
import { migrate, readMigrations, withLogin } from '#platform/db';
import { startPostgres } from '#platform/postgres';
import { silentLog } from '../../src/kit/context/for-tests.ts';
import { modules } from '../../src/modules.ts';
import { measureCipher } from './cipher.ts';
import { measureRequests } from './requests.ts';
import { measureVault } from './through-vault.ts';

const seconds = Number(process.argv[2] ?? 3);
if (!(seconds > 0)) throw new Error('How many seconds per line? A number above zero.');

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const VAULT_ROLE = 'tollgate_vault';
const PASSWORD = 'onlyForThisBench';

say(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}\n`);
say('One core, no database');
measureCipher(seconds);

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
// The database's own user has to pass through.
chmodSync(folder, 0o711);
try {
  const postgres = await startPostgres({ dataFolder: join(folder, 'database'), log: silentLog });
  try {
    const { ownerUrl } = postgres;
    await migrate({
      connection: {
        url: ownerUrl,
        connectTimeoutMs: 5_000,
        statementTimeoutMs: 60_000,
        applicationName: 'bench',
      },
      migrations: await readMigrations(modules),
      log: silentLog,
      crashPoint: crashPointFrom(undefined),
      passwords: { [VAULT_ROLE]: PASSWORD },
    });
    // One installation: the gateway opens the vault that was measured before.
    const keyShares = [join(folder, 'share-a'), join(folder, 'share-b')] as const;
    say('\nThrough the vault, 64 at once, with audit log and durable database');
    const vaultUrl = withLogin(ownerUrl, VAULT_ROLE, PASSWORD);
    await measureVault({ vaultUrl, keyShares, seconds });
    say('\nRequests of the API that carry a card, over HTTP');
    await measureRequests({ ownerUrl, keyShares, folder: join(folder, 'gateway'), seconds });
  } finally {
    await postgres.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
