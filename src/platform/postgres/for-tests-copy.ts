// A server that takes over from another as a standby does: a copy of its folder, in the middle of its life.

import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareBinaries } from './binaries.ts';
import { silent } from './for-tests.ts';
import { findHome, type Home } from './home.ts';
import { ownerUrlOf } from './owner-url.ts';
import { passwordsFor } from './passwords.ts';
import { giveAllTo } from './run-as.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** As it is, with all that it has written: what its server writes later the copy has not heard of. Nobody else writes. */
export const copyServer = (dataFolder: string, copyFolder: string): void => {
  const home = findHome(dataFolder, silent);
  const cluster = join(copyFolder, 'postgres');
  copyTree(home.cluster, cluster);
  makeStandby(home, cluster);
};

/** The same while others write, as PostgreSQL wants a backup made. `ask` keeps to one connection of its owner. */
export const backUpServer = async (
  ask: (text: string) => Promise<readonly Record<string, unknown>[]>,
  dataFolder: string,
  copyFolder: string,
): Promise<void> => {
  const home = findHome(dataFolder, silent);
  const cluster = join(copyFolder, 'postgres');
  const log = join(home.cluster, 'pg_wal');
  await ask(`select pg_backup_start('tests', true)`);
  copyTree(home.cluster, cluster, log);
  const [stopped] = await ask('select labelfile from pg_backup_stop(false)');
  // All that is needed of the log is written now; what comes later is not there yet.
  copyTree(log, join(cluster, 'pg_wal'));
  writeFileSync(join(cluster, 'backup_label'), String(stopped?.['labelfile']));
  makeStandby(home, cluster);
};

const makeStandby = ({ runAs }: Home, cluster: string): void => {
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
  writeFileSync(join(cluster, 'standby.signal'), '');
  chmodSync(cluster, 0o700);
  giveAllTo(cluster, runAs);
};

/** A running server removes files when it likes. */
const copyTree = (from: string, to: string, except?: string): void => {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name);
    if (path === except) continue;
    if (entry.isDirectory()) copyTree(path, join(to, entry.name));
    if (!entry.isFile()) continue;
    try {
      copyFileSync(path, join(to, entry.name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
};

/** It follows, and leads once it is told to. */
export const startCopy = async (
  dataFolder: string,
  copyFolder: string,
): Promise<{
  readonly server: ServerProcess;
  readonly ownerUrl: string;
  readonly socketFolder: string;
}> => {
  const own = findHome(copyFolder, silent);
  const copyOf = join(own.folder, 'binaries');
  const binaries = prepareBinaries({ copyFolder: copyOf, runAs: own.runAs });
  const logFile = join(copyFolder, 'postgres.log');
  const server = await startServer({ home: own, binaries, logFile, throwAway: false });
  const ownerUrl = ownerUrlOf(own, passwordsFor(dataFolder, true).owner, 'tollgate');
  return { server, ownerUrl, socketFolder: own.socketFolder };
};
