// How the owner's role reaches the embedded database: for the supervisor, and for commands that are
// given beside a gateway that already runs.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '#kit/context';
import { clusterIsMade, findHome, type Home } from './home.ts';
import { owner } from './initialize-cluster.ts';
import { passwordsFor } from './passwords.ts';
import { port } from './settings.ts';

export const ownerUrlOf = (home: Home, password: string, name: string): string => {
  const host = encodeURIComponent(home.socketFolder);
  return `postgresql://${owner}:${password}@/${name}?host=${host}&port=${port}`;
};

/** Null when nothing listens there. Starts nothing and waits for nothing. */
export const runningOwnerUrl = (dataFolder: string, name: string, log: Log): string | null => {
  if (!existsSync(join(dataFolder, 'postgres'))) return null;
  const home = findHome(dataFolder, log);
  if (!clusterIsMade(home.cluster)) return null;
  if (!existsSync(join(home.socketFolder, `.s.PGSQL.${port}`))) return null;
  return ownerUrlOf(home, passwordsFor(dataFolder, true).owner, name);
};
