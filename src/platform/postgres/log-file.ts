// PostgreSQL writes its log straight into a file, so that it can still write when we are gone. Two
// files of bounded size are kept. Both sides append, which makes cutting the file safe.

import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { explainFileError } from './start-error.ts';

const bytesMax = 4 * 1024 * 1024;
const checkEveryMs = 10_000;

/** The caller closes it once PostgreSQL has inherited it. */
export const openLog = (path: string): number => {
  try {
    keepBounded(path);
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw explainFileError(error, path);
  }
};

export const watchSize = (path: string): NodeJS.Timeout =>
  setInterval(() => {
    try {
      keepBounded(path);
    } catch {
      // The log is of no use to payments: a full disk will be told of by what needs the disk.
    }
  }, checkEveryMs).unref();

const keepBounded = (path: string): void => {
  if (sizeOf(path) <= bytesMax) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
};

export const sizeOf = (path: string): number =>
  statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** What was written since `offset`, or all of it if the file was cut meanwhile. */
export const readSince = (path: string, offset: number): string => {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const from = size < offset ? 0 : offset;
    const buffer = Buffer.alloc(Math.min(size - from, 64 * 1024));
    readSync(descriptor, buffer, 0, buffer.length, from);
    return buffer.toString('utf8');
  } finally {
    closeSync(descriptor);
  }
};
