// The hash of the newest seal is told to a file outside the database: whoever cuts off the tail of a log
// would have to cut that file too.

import { appendFile, open, readFile } from 'node:fs/promises';
import type { Seal, Sealing } from './seal.ts';

/** After the commit: an anchor without its seal would be a false alarm, the reverse heals at the next. */
export const noteSeal = async (
  { anchorFile, mark }: Pick<Sealing, 'anchorFile' | 'mark'>,
  seal: Seal,
): Promise<void> => {
  await appendFile(anchorFile, `${mark}${seal.number} ${seal.hash.toString('hex')}\n`, {
    mode: 0o600,
  });
  const file = await open(anchorFile, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
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
    const [number, hash] = line.slice(mark.length).split(' ');
    if (!number || !hash || !/^\d+$/.test(number)) continue;
    if (!anchors.has(BigInt(number))) anchors.set(BigInt(number), hash);
  }
  return anchors;
};
