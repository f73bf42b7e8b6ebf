// What commands print.

import { fstatSync, writeSync } from 'node:fs';
import { CliError } from './errors.ts';
import { paintFor } from './terminal.ts';

export const say = (...lines: readonly string[]): void => print(`${lines.join('\n')}\n`);

/** All of it, where it goes to a file: a stream takes for written what a full disk has taken a part of. */
export const print = (what: string | Uint8Array): void => {
  if (!goesToFile()) {
    process.stdout.write(what);
    return;
  }
  const bytes = typeof what === 'string' ? Buffer.from(what) : what;
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(process.stdout.fd, bytes, at);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new CliError(
      `What was to be printed could not be written (${code}): what stands there is not whole.`,
    );
  }
};

/** And not to a terminal, or to somebody who reads it. */
const goesToFile = (): boolean => {
  if (process.stdout.isTTY) return false;
  const target = fstatSync(process.stdout.fd);
  return target.isFile() || target.isCharacterDevice();
};

export const paint = paintFor(process.stdout);
