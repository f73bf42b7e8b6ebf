// PostgreSQL started and stopped on folders of a test's own, by itself and in gateways of their own.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { silent, temporaryFolder } from './for-tests.ts';
import { startOf } from './process-identity.ts';
import { type PostgresOptions, type RunningPostgres, startPostgres } from './start-postgres.ts';

// Most of the time goes by waiting for processes.
export const together = { concurrency: 4 };

export const folderForTest = (): string => {
  const { folder, remove } = temporaryFolder();
  after(remove);
  return folder;
};

const original = temporaryFolder();
after(original.remove);
let made: Promise<unknown> | undefined;

/** With data in it, copied from those of a first start: making some takes more than all the rest of most tests. */
export const madeFolder = async (): Promise<string> => {
  made ??= startPostgres({ dataFolder: original.folder, log: silent }).then((postgres) =>
    postgres.stop(),
  );
  // Before a promise is awaited that another test made: after that, it would go with that one.
  const folder = folderForTest();
  await made;
  const parts = ['postgres', 'postgres-passwords.json'].map((name) => join(original.folder, name));
  execFileSync('cp', ['-a', ...parts, folder]);
  return folder;
};

export const start = async (
  dataFolder: string,
  options: Partial<PostgresOptions> = {},
): Promise<RunningPostgres> => {
  const postgres = await startPostgres({ dataFolder, log: silent, ...options });
  after(() => postgres.stop());
  return postgres;
};

export const startBound = async (folder: string) => {
  const postgres = await start(folder);
  return { ownerUrl: postgres.ownerUrl, stop: () => postgres.stop() };
};

export const query = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

export const remember = async (url: string, word: string): Promise<void> => {
  await query(url, `create table words as select '${word}' as word`);
};
export const recall = async (url: string): Promise<unknown> =>
  (await query(url, 'select word from words'))[0]?.word;

export const holderProgram = fileURLToPath(new URL('./test-holder.ts', import.meta.url));

type Holder = { process: ChildProcess; said: Promise<Record<string, string>> };

/** A gateway in a process of its own; in a session of its own when a test signals its group. */
export const holderOn = (folder: string, options: { uid?: number; gid?: number } = {}): Holder => {
  const child = spawn(process.execPath, [holderProgram, folder], {
    ...options,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  after(() => child.kill('SIGKILL'));
  return { process: child, said: firstLine(child) };
};

export const firstLine = async (child: ChildProcess): Promise<Record<string, string>> => {
  let said = '';
  for await (const text of child.stdout ?? []) {
    said += text;
    if (said.includes('\n')) break;
  }
  return said === '' ? {} : JSON.parse(said);
};

export const ends = async (pid: number, withinMs: number): Promise<boolean> => {
  const deadline = performance.now() + withinMs;
  while (startOf(pid) !== undefined) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
};

export const kill = async (child: ChildProcess): Promise<void> => {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};
