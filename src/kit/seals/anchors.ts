// The hash of the newest seal is told to a file outside the database: whoever cuts off the tail of a log
// would have to cut that file too.

import { type FileHandle, open, readFile } from 'node:fs/promises';
import type { Seal, Sealing } from './seal.ts';

/** After the commit: an anchor without its seal would be a false alarm, the reverse heals at the next. */
export const noteSeal = async (
  { anchorFile, mark }: Pick<Sealing, 'anchorFile' | 'mark'>,
  seal: Pick<Seal, 'number' | 'hash'>,
): Promise<void> => {
  const file = await open(anchorFile, 'a+', 0o600);
  try {
    const note = `${mark}${seal.number} ${seal.hash.toString('hex')}\n`;
    await file.appendFile((await isTorn(file)) ? `\n${note}` : note);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** A disk that was full has taken half a line: what comes behind it would be read as the rest. */
const isTorn = async (file: FileHandle): Promise<boolean> => {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: size - 1 });
  return buffer.toString() !== '\n';
};

/**
 * Seal number to hash, as written outside the database. Of two notes under one number the first holds: whoever cuts off a
 * tail has it sealed anew, and noted, by the gateway itself.
 */
export const readAnchors = async ({
  anchorFile,
  mark,
}: Pick<Sealing, 'anchorFile' | 'mark'>): Promise<Map<bigint, string>> => {
  const text = await readFile(anchorFile, 'utf8').catch(() => '');
  const anchors = new Map<bigint, string>();
  for (const line of text.split('\n')) {
    if (!line.startsWith(mark)) continue;
    const [, number, hash] = NOTE.exec(line.slice(mark.length)) ?? [];
    if (number === undefined || hash === undefined) continue;
    if (!anchors.has(BigInt(number))) anchors.set(BigInt(number), hash);
  }
  return anchors;
};

const NOTE = /^(\d+) ([\da-f]{64})$/;
