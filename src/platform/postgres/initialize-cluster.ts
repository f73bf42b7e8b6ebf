// Makes an empty database, completely or not at all: initdb works in a folder of another name,
// which gets its own name only when everything is on disk.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { commandThatEndsWithUs, environment } from './command.ts';
import type { Home } from './home.ts';
import { giveTo } from './run-as.ts';
import { diskFull, explainFileError, StartError } from './start-error.ts';

export const owner = 'tollgate_owner';

type Options = {
  home: Home;
  binaries: Binaries;
  password: string;
  throwAway: boolean;
};

/**
 * What a killed first start left. Its initdb may be on its way out and still write, so what cannot
 * be removed now is left to the next start: its name is not used again.
 */
export const removeInterrupted = async (home: Home): Promise<void> => {
  for (const name of readdirSync(home.folder)) {
    if (!name.startsWith('postgres.new-')) continue;
    const path = join(home.folder, name);
    await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }).catch(
      () => {},
    );
  }
};

export const initializeCluster = async (options: Options): Promise<void> => {
  const { home } = options;
  const draft = join(home.folder, `postgres.new-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  try {
    mkdirSync(draft, { mode: 0o700 });
    giveTo(draft, home.runAs);
    writeFileSync(passwordFile, options.password, { mode: 0o600 });
    giveTo(passwordFile, home.runAs);

    await runInitdb(options, draft, passwordFile);

    if (existsSync(home.cluster)) rmdirSync(home.cluster);
    renameSync(draft, home.cluster);
    syncFolder(home.folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw explainFileError(error, home.folder);
  } finally {
    rmSync(passwordFile, { force: true });
  }
};

const runInitdb = (options: Options, draft: string, passwordFile: string): Promise<void> => {
  const { home, binaries, throwAway } = options;
  const command = commandThatEndsWithUs([
    binaries.initdb,
    `--pgdata=${draft}`,
    `--username=${owner}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--data-checksums',
    // A young server writes each new file of its log full of nothing first, while every commit waits: four times as often,
    // and for a quarter of the time.
    '--wal-segsize=4',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--text-search-config=simple',
    '--no-instructions',
    // Syncing the thousand files costs a fifth of a second where disks are quick, which is a fair
    // price for a database that survives a power cut right after its birth.
    ...(throwAway ? ['--no-sync'] : []),
  ]);

  return new Promise((done, fail) => {
    const child = spawn(command.program, command.arguments, {
      ...home.runAs,
      cwd: draft,
      env: environment,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stdin.on('error', () => {});
    child.on('error', fail);
    child.on('exit', () => child.stdin.end('ended\n'));
    child.on('close', (code) => {
      if (code === 0) done();
      else fail(explainInitdb(said, home.folder));
    });
  });
};

const explainInitdb = (said: string, folder: string): StartError => {
  if (/no space left on device|disk quota exceeded/i.test(said)) return diskFull(folder);
  const nameless = /could not look up effective user ID (\d+)/.exec(said)?.[1];
  if (nameless !== undefined) {
    return new StartError(
      'no_unprivileged_user',
      `PostgreSQL needs a user with a name, and the user ${nameless} has none on this system; add it to /etc/passwd, start Tollgate as another user, or set DATABASE_URL.`,
    );
  }

  const lines = said.trim().split('\n');
  const telling = lines.find((line) => /error|fatal|could not/i.test(line)) ?? lines.at(-1) ?? '';
  return new StartError(
    'postgres_failed',
    `The database could not be created in ${folder}: ${telling.replace(/^.*?(error|FATAL): +/i, '')}.`,
  );
};

/** Without it the new name itself might not survive a power cut. */
const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};
