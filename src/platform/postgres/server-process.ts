// One life of the PostgreSQL server: from the command until its process has ended.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { commandThatEndsWithUs, environment } from './command.ts';
import type { Home } from './home.ts';
import { openLog, readSince, sizeOf } from './log-file.ts';
import { fixedSettings } from './settings.ts';
import { diskFull, StartError } from './start-error.ts';

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type ServerProcess = {
  readonly pid: number;
  /** Never rejects. */
  readonly ended: Promise<Ended>;
  /** Rejects with a StartError if the process ends before it accepts connections. */
  ready(): Promise<void>;
  stop(): Promise<void>;
  /** Lets our own process end without stopping the server first. */
  unref(): void;
};

type Options = {
  home: Home;
  binaries: Binaries;
  logFile: string;
  throwAway: boolean;
};

// A fast shutdown writes out what is in memory, at most the shared buffers; past this time
// something is wrong, and the write-ahead log has everything anyway.
const fastShutdownMs = 20_000;
const immediateShutdownMs = 5_000;

// A recovery replays up to a gigabyte of log, which takes a slow machine a minute or two.
const readyWithinMs = 300_000;
const askEveryMs = 10;

export const startServer = async (options: Options): Promise<ServerProcess> => {
  const logOffset = sizeOf(options.logFile);
  const child = await spawnServer(options);
  const pid = child.pid as number;

  const state: { ended?: Ended } = {};
  const ended = new Promise<Ended>((resolve) => {
    child.on('exit', (code, signal) => {
      child.stdin?.end('ended\n');
      state.ended = { code, signal };
      resolve(state.ended);
    });
  });

  const endsWithin = async (limitMs: number): Promise<boolean> => {
    const limit = new AbortController();
    const tooLate = sleep(limitMs, false, { signal: limit.signal }).catch(() => false);
    const done = await Promise.race([ended.then(() => true), tooLate]);
    limit.abort();
    return done;
  };

  return {
    pid,
    ended,

    async ready() {
      const deadline = performance.now() + readyWithinMs;
      while (!acceptsConnections(options.home.cluster, pid)) {
        if (state.ended !== undefined) throw explainEnd(options, logOffset);
        if (performance.now() > deadline) throw notReady(options.logFile);
        await sleep(askEveryMs);
      }
    },

    async stop() {
      if (state.ended !== undefined) return;
      child.kill('SIGINT');
      if (await endsWithin(fastShutdownMs)) return;
      child.kill('SIGQUIT');
      if (await endsWithin(immediateShutdownMs)) return;
      child.kill('SIGKILL');
      await ended;
    },

    unref() {
      child.unref();
      (child.stdin as unknown as { unref(): void }).unref();
    },
  };
};

const spawnServer = async ({
  home,
  binaries,
  logFile,
  throwAway,
}: Options): Promise<ChildProcess> => {
  const log = openLog(logFile);
  try {
    const command = commandThatEndsWithUs([
      binaries.postgres,
      '-D',
      home.cluster,
      ...fixedSettings(home, throwAway),
    ]);
    const child = spawn(command.program, command.arguments, {
      ...home.runAs,
      cwd: home.cluster,
      env: environment,
      detached: true,
      stdio: ['pipe', log, log],
    });
    child.stdin?.on('error', () => {});
    await once(child, 'spawn');
    return child;
  } finally {
    closeSync(log);
  }
};

/** PostgreSQL keeps its state in the eighth line of its lock file; the first tells whose it is. */
const acceptsConnections = (cluster: string, pid: number): boolean => {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
};

const explainEnd = ({ home, logFile }: Options, logOffset: number): StartError => {
  const said = readSince(logFile, logOffset);
  // On a full disk the log itself may have stayed empty.
  if (/no space left on device|disk quota exceeded/i.test(said) || isFull(home.folder)) {
    return diskFull(home.folder);
  }
  const reason = /(?:FATAL|PANIC): +(.*)/.exec(said)?.[1] ?? said.trim().split('\n').at(-1) ?? '';
  return new StartError(
    'postgres_failed',
    `PostgreSQL did not start: ${reason === '' ? 'it gave no reason' : reason} (its log is ${logFile}).`,
  );
};

const isFull = (folder: string): boolean => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < 64 * 1024;
};

const notReady = (logFile: string): StartError =>
  new StartError(
    'postgres_failed',
    `PostgreSQL was not ready after ${readyWithinMs / 60_000} minutes; its log is ${logFile}.`,
  );
