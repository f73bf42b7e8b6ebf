// One gateway per data folder. The lock is a file that names its holder; a holder that is gone
// (killed, or the machine went down) leaves a stale file, which the next one takes over.
//
// Behind it stands PostgreSQL's own lock on its data: should two processes ever win here, the
// second postmaster still refuses to start.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcessAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { explainFileError } from './start-error.ts';

export type FolderLock =
  | { readonly ok: true; release(): void }
  | { readonly ok: false; readonly holder: ProcessIdentity };

const attemptsMax = 20;

export const lockFolder = (folder: string, name: string): FolderLock => {
  try {
    return take(folder, name);
  } catch (error) {
    throw explainFileError(error, folder);
  }
};

/** Who holds it right now; to ask takes nothing and leaves nothing. */
export const holderOf = (folder: string, name: string): ProcessIdentity | undefined => {
  const found = readLock(join(folder, name));
  return found === undefined ? undefined : aliveHolder(found);
};

const take = (folder: string, name: string): FolderLock => {
  const path = join(folder, name);
  const own = JSON.stringify(ownIdentity());

  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    if (create(path, own)) return { ok: true, release: () => removeIfStill(path, own) };

    const found = readLock(path);
    const holder = found === undefined ? undefined : aliveHolder(found);
    if (holder !== undefined) return { ok: false, holder };
    if (found !== undefined) takeAway(path, found);
  }
  throw new Error(`The lock ${path} changed hands ${attemptsMax} times while it was being taken.`);
};

/** A link either appears with its whole content or not at all, and never replaces a file. */
const create = (path: string, content: string): boolean => {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
};

/**
 * Two may find the same stale lock. Renaming moves whatever is there by now, so look at what was
 * moved: a fresh lock of somebody faster is put back.
 */
const takeAway = (path: string, stale: string): void => {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readLock(aside);
  if (moved !== undefined && moved !== stale) create(path, moved);
  rmSync(aside, { force: true });
};

const removeIfStill = (path: string, own: string): void => {
  if (readLock(path) === own) rmSync(path, { force: true });
};

const readLock = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const aliveHolder = (content: string): ProcessIdentity | undefined => {
  const holder = parseHolder(content);
  return holder !== undefined && isSameProcessAlive(holder) ? holder : undefined;
};

/** A file that cannot be read as a holder was left by a machine that went down while writing. */
const parseHolder = (content: string): ProcessIdentity | undefined => {
  try {
    const { pid, started } = JSON.parse(content) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
};
