// The secrets an installation makes for itself at its first start, in a file that only its owner may
// read. They live outside the database, so that a dump of one is useless without the other.

import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
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
  if (known === null) return claimSecrets(folder, secrets);
  if (JSON.stringify(secrets) !== JSON.stringify(kept)) await saveSecrets(folder, secrets);
  return secrets;
};

// Two gateways that start at once on a new folder both find nothing there. With secrets of their own
// they could not read each other's answers, so the first to write wins and the other takes what it wrote.
const claimSecrets = async (folder: string, secrets: Secrets): Promise<Secrets> => {
  const next = await writeBeside(folder, secrets);
  try {
    await link(next, fileIn(folder));
    return secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return JSON.parse(await readFile(fileIn(folder), 'utf8')) as Secrets;
  } finally {
    await rm(next, { force: true });
  }
};

/** Complete or not at all: a half-written secret would lock an installation out of its own data. */
export const saveSecrets = async (folder: string, secrets: Secrets): Promise<void> => {
  await rename(await writeBeside(folder, secrets), fileIn(folder));
};

let written = 0;

/** Under a name that nobody else writes to. */
const writeBeside = async (folder: string, secrets: Secrets): Promise<string> => {
  await mkdir(folder, { recursive: true });
  written += 1;
  const next = `${fileIn(folder)}.${process.pid}-${written}.new`;
  const file = await open(next, 'w', 0o600);
  await file.writeFile(`${JSON.stringify(secrets, null, 2)}\n`);
  await file.sync();
  await file.close();
  return next;
};
