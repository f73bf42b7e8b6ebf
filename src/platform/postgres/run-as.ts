// PostgreSQL refuses to run as root. When the gateway does (a container, a first try on a server),
// the database runs as an unprivileged user that every system already has.

import { spawnSync } from 'node:child_process';
import { chownSync, lchownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

/** Undefined: as ourselves. */
export type RunAs = { readonly uid: number; readonly gid: number } | undefined;

export const nobody = { uid: 65534, gid: 65534 } as const;

export const isRoot = (): boolean => process.getuid?.() === 0;

export const refuseRootWithoutNobody = (): void => {
  if (!isRoot() || process.platform === 'linux') return;
  throw new StartError(
    'no_unprivileged_user',
    'PostgreSQL does not run as root on this system; start Tollgate as an ordinary user.',
  );
};

/**
 * Asks the system itself, as that user, instead of reading permission bits: access lists, mounts
 * and user namespaces all have a say.
 */
export const mayEnter = (folder: string, runAs: RunAs): boolean =>
  spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...runAs, cwd: '/', stdio: 'ignore' })
    .status === 0;

export const giveTo = (path: string, runAs: RunAs): void => {
  if (runAs !== undefined) chownSync(path, runAs.uid, runAs.gid);
};

export const giveAllTo = (folder: string, runAs: RunAs): void => {
  if (runAs === undefined) return;
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(folder, entry), runAs.uid, runAs.gid);
  }
  lchownSync(folder, runAs.uid, runAs.gid);
};
