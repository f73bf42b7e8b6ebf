// The secrets an installation makes for itself at its first start, in a file that only its owner may
// read. They live outside the database, so that a dump of one is useless without the other.

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '#kit/context';
import { spellBytes } from '#kit/ids';

export type Secrets = {
  /** 64 hexadecimal digits. */
  readonly master: string;
  /** For the role that serves, where no DATABASE_APP_URL says otherwise. */
  readonly databaseAppPassword: string;
  /** The same for the vault's role and DATABASE_VAULT_URL. */
  readonly databaseVaultPassword: string;
  /** Shown by the quick start, the same at every start. Never a live key. */
  readonly quickstart?: { readonly secretKey: string; readonly publishableKey: string };
};

const fileIn = (folder: string): string => join(folder, 'secrets.json');

export const loadSecrets = async (folder: string, random: Random): Promise<Secrets> => {
  const known = await readFile(fileIn(folder), 'utf8').catch(() => null);
  const kept = (known === null ? {} : JSON.parse(known)) as Partial<Secrets>;
  const secrets: Secrets = {
    master: random.bytes(32).toString('hex'),
    databaseAppPassword: spellBytes(random.bytes(24)),
    databaseVaultPassword: spellBytes(random.bytes(24)),
    ...kept,
  };
  if (JSON.stringify(secrets) !== JSON.stringify(kept)) await saveSecrets(folder, secrets);
  return secrets;
};

/** Complete or not at all: a half-written secret would lock an installation out of its own data. */
export const saveSecrets = async (folder: string, secrets: Secrets): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const next = `${fileIn(folder)}.new`;
  const file = await open(next, 'w', 0o600);
  await file.writeFile(`${JSON.stringify(secrets, null, 2)}\n`);
  await file.sync();
  await file.close();
  await rename(next, fileIn(folder));
};
