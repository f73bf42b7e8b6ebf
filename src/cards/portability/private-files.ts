// Files that only their owner may read, and that are there whole or not at all.

import { type FileHandle, link, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { PortabilityError } from './failures.ts';

/** New, whatever stood there before: an older file could be readable by others. */
export const createPrivate = async (path: string): Promise<FileHandle> => {
  await rm(path, { force: true });
  return open(path, 'wx', 0o600);
};

export const unfinished = (path: string): string => `${path}.partial`;

/** Moves a finished file to its place, durably. */
export const publish = async (path: string): Promise<void> => {
  await rename(unfinished(path), path);
  const folder = await open(dirname(path), 'r');
  await folder.sync();
  await folder.close();
};

export const writePrivate = async (path: string, text: string): Promise<void> => {
  const file = await createPrivate(unfinished(path));
  await file.writeFile(text);
  await file.sync();
  await file.close();
  await publish(path);
};

/** Lines into a file that takes its place when it is closed. */
export const openLines = async (path: string) => {
  const file = await createPrivate(unfinished(path));
  return {
    add: async (line: string): Promise<void> => {
      // All of it: a disk that is almost full takes a part of a single write.
      await file.appendFile(`${line}\n`);
    },
    finish: async (): Promise<void> => {
      await file.sync();
      await file.close();
      await publish(path);
    },
    /** What was written so far is of no use: the next run writes all of it again. */
    abandon: async (): Promise<void> => {
      await file.close();
      await rm(unfinished(path), { force: true });
    },
  };
};

/**
 * One run at a time writes there: two would take each other's unfinished files away. A run that was
 * killed leaves its mark, and whoever comes next sees that nobody stands behind it.
 */
export const alone = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
  const lock = `${path}.lock`;
  // Linked into place with its number in it, so that nobody ever reads an empty one.
  const own = `${lock}.${process.pid}`;
  await writeFile(own, String(process.pid), { mode: 0o600 }).catch((error: unknown) => {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new PortabilityError(
      `Nothing can be written to ${dirname(path)} (${code}): make the folder, or name another one.`,
    );
  });
  try {
    const holder = (await linked(own, lock)) ? 0 : await holderOf(lock);
    if (holder !== 0 && isRunning(holder)) throw taken(lock, holder);
    if (holder !== 0) {
      await rm(lock, { force: true });
      if (!(await linked(own, lock))) throw taken(lock, await holderOf(lock));
    }
  } finally {
    await rm(own, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
};

const linked = (own: string, lock: string): Promise<boolean> =>
  link(own, lock).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );

/** Of a mark that has gone meanwhile: the first process, which always runs. */
const holderOf = async (lock: string): Promise<number> =>
  Number(await readFile(lock, 'utf8').catch(() => '')) || 1;

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const taken = (lock: string, holder: number): PortabilityError =>
  new PortabilityError(
    `Another run (process ${holder}) writes to this place: wait for its end, or remove ${basename(lock)} if there is none.`,
  );
