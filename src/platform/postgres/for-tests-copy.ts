// A server that takes over from another as a standby does: a copy of its folder, in the middle of its life.

import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareBinaries } from './binaries.ts';
import { silent } from './for-tests.ts';
import { findHome } from './home.ts';
import { ownerUrlOf } from './owner-url.ts';
import { passwordsFor } from './passwords.ts';
import { giveAllTo } from './run-as.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** As it is, with all that it has written: what its server writes later the copy has not heard of. */
export const copyServer = (dataFolder: string, copyFolder: string): void => {
  const home = findHome(dataFolder, silent);
  const cluster = join(copyFolder, 'postgres');
  cpSync(home.cluster, cluster, { recursive: true });
  rmSync(join(cluster, 'postmaster.pid'));
  writeFileSync(join(cluster, 'standby.signal'), '');
  chmodSync(cluster, 0o700);
  giveAllTo(cluster, home.runAs);
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
