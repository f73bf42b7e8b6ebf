// The send journal: one line per outward call that moves money, in a file outside the database, safely
// on the disk before the first byte leaves. When a database comes back from an old backup, it has
// forgotten calls that were made since; the journal has not, and names them. References only: nothing
// of a card is ever in it.

import { constants, write } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AskedUnder, Context, Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import type { Operation, OperationKind } from './operation.ts';
import { loadForgotten } from './operations.store.ts';

export type SentLine = {
  readonly atMs: number;
  readonly accountId: Uuid;
  readonly livemode: boolean;
  readonly operationId: Uuid;
  readonly intentId: Uuid;
  readonly connectorAccountId: Uuid;
  readonly providerKey: string;
  readonly reference: string;
  readonly send: number;
  // Lines of older versions have none of these.
  readonly kind?: OperationKind;
  /** Minor units. */
  readonly amount?: string;
  readonly currency?: string;
  /** Under which idempotency key it was asked for, and what: digests, as they are stored. */
  readonly asked?: AskedUnder;
};

export type SendJournal = {
  /** Resolves when the line is on the disk. Until then nothing may leave. */
  append(line: SentLine): Promise<void>;
  close(): Promise<void>;
};

export const lineOf = (
  scope: Scope,
  operation: Operation,
  atMs: number,
  asked?: AskedUnder,
): SentLine => ({
  atMs,
  accountId: scope.accountId,
  livemode: scope.livemode,
  operationId: operation.id,
  intentId: operation.intentId,
  connectorAccountId: operation.connectorAccountId,
  providerKey: operation.providerKey,
  reference: operation.reference,
  send: operation.sends,
  kind: operation.kind,
  amount: String(operation.amount),
  currency: operation.currency,
  ...(asked === undefined ? {} : { asked }),
});

const PREFIX = 'sends-';
const DAY_MS = 24 * 60 * 60 * 1000;
const BYTES_MAX = 64 * 1024 * 1024;
/** Longer than any backup that may still be restored and any window of a provider. */
const KEEP_MS = 90 * DAY_MS;

// Where a write can be told to end only on the disk, it is one way to it instead of two. Elsewhere such a write may
// end in the memory of the disk.
const isWrittenThrough = process.platform === 'linux';
const writing =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_EXCL |
  constants.O_APPEND |
  (isWrittenThrough ? constants.O_DSYNC : 0);

type Waiting = { text: string; resolve: () => void; reject: (error: unknown) => void };

/** Each process writes files of its own, named by the time at which they begin. */
export const openSendJournal = async (
  context: Pick<Context, 'clock' | 'random'>,
  folder: string,
  { bytesMax = BYTES_MAX, keepMs = KEEP_MS }: { bytesMax?: number; keepMs?: number } = {},
): Promise<SendJournal> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let file: FileHandle | null = null;
  let written = 0;
  let beganMs = 0;
  let waiting: Waiting[] = [];
  let running: Promise<void> | null = null;

  const begin = async (): Promise<FileHandle> => {
    const nowMs = context.clock.now();
    const name = `${PREFIX}${nowMs}-${newUuid(context)}.jsonl`;
    const next = await open(join(folder, name), writing, 0o600);
    await syncFolder(folder);
    await file?.close();
    written = 0;
    beganMs = nowMs;
    await forgetOld(folder, nowMs - keepMs);
    return next;
  };

  // Lines that came while the disk was busy go out with the next write and share its fsync.
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      try {
        if (file === null || written >= bytesMax || context.clock.now() - beganMs >= DAY_MS) {
          file = await begin();
        }
        const bytes = Buffer.from(lines.map(({ text }) => text).join(''));
        const bytesWritten = await writeTo(file, bytes);
        if (bytesWritten < bytes.length) throw new Error('The send journal took half a line.');
        if (!isWrittenThrough) await file.datasync();
        written += bytes.length;
        for (const line of lines) line.resolve();
      } catch (error) {
        // After a failed fsync nobody knows what the file holds: it is not written to again.
        await file?.close().catch(() => {});
        file = null;
        for (const line of lines) line.reject(error);
      }
    }
    running = null;
  };

  return {
    append: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ text: `${JSON.stringify(line)}\n`, resolve, reject });
        running ??= drain();
      }),
    close: async () => {
      await running;
      await file?.close();
      file = null;
    },
  };
};

/** As `file.write` does, without the dozen promises that it makes of it. */
const writeTo = ({ fd }: FileHandle, bytes: Buffer): Promise<number> =>
  new Promise((resolve, reject) => {
    write(fd, bytes, (error, bytesWritten) => {
      if (error === null) resolve(bytesWritten);
      else reject(error);
    });
  });

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const filesIn = async (folder: string): Promise<{ name: string; beginsMs: number }[]> =>
  (await readdir(folder))
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => ({ name, beginsMs: Number(name.slice(PREFIX.length).split('-')[0]) }))
    .sort((a, b) => a.beginsMs - b.beginsMs);

/** By when it was last written to: nobody writes to one file for more than a day. */
const forgetOld = async (folder: string, beforeMs: number): Promise<void> => {
  for (const { name } of await filesIn(folder)) {
    const path = join(folder, name);
    if ((await stat(path)).mtimeMs < beforeMs) await rm(path, { force: true });
  }
};

/** All lines since then, of every process that wrote here. A torn last line was never acted upon. */
export async function* readSendJournal(
  folder: string,
  sinceMs = 0,
): AsyncGenerator<SentLine, void> {
  for (const { name } of await filesIn(folder)) {
    const path = join(folder, name);
    if ((await stat(path)).mtimeMs < sinceMs) continue;
    const file = await open(path, 'r');
    try {
      for await (const text of file.readLines()) {
        const line = parseLine(text);
        if (line !== null && line.atMs >= sinceMs) yield line;
      }
    } finally {
      await file.close();
    }
  }
}

const parseLine = (text: string): SentLine | null => {
  try {
    return JSON.parse(text) as SentLine;
  } catch {
    return null;
  }
};

const AT_ONCE = 1_000;

/** Calls that were made and of which the database knows nothing: resolve these before opening. */
export const findForgottenSends = async (
  context: Context,
  folder: string,
  sinceMs = 0,
): Promise<SentLine[]> => {
  const forgotten: SentLine[] = [];
  let batch: SentLine[] = [];
  const look = async (): Promise<void> => {
    const lines = batch;
    batch = [];
    if (lines.length === 0) return;
    const missing = new Set(await context.database.system((tx) => loadForgotten(tx, lines)));
    // One that was sent again has several lines; the first tells who asked for it.
    for (const line of lines) if (missing.delete(line.operationId)) forgotten.push(line);
  };
  for await (const line of readSendJournal(folder, sinceMs)) {
    batch.push(line);
    if (batch.length >= AT_ONCE) await look();
  }
  await look();
  return forgotten;
};
