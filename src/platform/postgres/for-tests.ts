// One throw-away server for a whole run of the tests: `test-setup.ts` starts it in the runner and
// tells the test files, which are processes of their own, by the environment. A file that is run by
// hand finds nothing there and gets a private server, which ends with it.
//
// It does without durability. A test that is about durability starts a server of its own.

import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '#kit/context';
import {
  isSameProcessAlive,
  ownIdentity,
  type ProcessIdentity,
  startOf,
} from './process-identity.ts';
import { startPostgres } from './start-postgres.ts';

export const testServerVariable = 'TOLLGATE_TEST_DATABASE_URL';

export type TestServer = { readonly ownerUrl: string };

/** The role may create databases and roles. Every test makes databases of its own on it. */
export const testServer = (): Promise<TestServer> => {
  server ??= findServer();
  return server;
};

let server: Promise<TestServer> | undefined;

const findServer = async (): Promise<TestServer> => {
  const ownerUrl = process.env[testServerVariable];
  if (ownerUrl !== undefined && ownerUrl !== '') return { ownerUrl };

  const { running, remove } = await startThrowAway();
  running.unref();
  process.once('exit', () => {
    endNow(running.pid);
    remove();
  });
  return { ownerUrl: running.ownerUrl };
};

/** Nothing asynchronous runs any more while a process exits. */
const endNow = (pid: number): void => {
  if (startOf(pid) === undefined) return;
  process.kill(pid, 'SIGQUIT');
  for (let waits = 0; waits < 200 && startOf(pid) !== undefined; waits += 1) pause(10);
};

const pause = (durationMs: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
};

export const startThrowAway = async () => {
  removeAbandoned();
  const { folder, remove } = temporaryFolder();
  const running = await startPostgres({ dataFolder: folder, log: silent, throwAway: true });
  return { running, remove };
};

const prefix = 'tollgate-test-';
const ownerFile = 'test-owner.json';

/** A folder that the database's user may pass through, for tests of the server itself. */
export const temporaryFolder = (): { folder: string; remove(): void } => {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, ownerFile), JSON.stringify(ownIdentity()));
  const remove = () => removeFirmly(folder);
  return { folder, remove };
};

/**
 * A server on its way out still makes files, and `rmSync` then leaves folders behind without a word
 * (seen with Node 26.10), so look and go again.
 */
export const removeFirmly = (folder: string): void => {
  for (let attempts = 0; attempts < 100 && existsSync(folder); attempts += 1) {
    if (attempts > 0) pause(50);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }
};

/** What a killed run of the tests left behind. Folders of other users say no, which is fine. */
const removeAbandoned = (): void => {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(tmpdir(), name);
    try {
      const owner = JSON.parse(readFileSync(join(folder, ownerFile), 'utf8')) as ProcessIdentity;
      if (!isSameProcessAlive(owner)) rmSync(folder, { recursive: true, force: true });
    } catch {}
  }
};

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
