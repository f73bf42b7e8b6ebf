// Files that only their owner may read, and that are there whole or not at all.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

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
      await file.write(`${line}\n`);
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

export type Lines = Awaited<ReturnType<typeof openLines>>;
