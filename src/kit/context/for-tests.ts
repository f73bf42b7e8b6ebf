// A clock and randomness that a test holds in its hand.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Log, Network, Random } from './context.ts';

export type ManualClock = Clock & { advance(durationMs: number): void; set(ms: number): void };

export const manualClock = (startMs = Date.parse('2026-01-15T12:00:00Z')): ManualClock => {
  let now = startMs;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const wakeDue = (): void => {
    for (const sleeper of sleepers) {
      if (sleeper.until > now) continue;
      sleepers.delete(sleeper);
      sleeper.wake();
    }
  };
  return {
    now: () => now,
    monotonicMs: () => now - startMs,
    sleep: (durationMs, signal) =>
      new Promise((resolve) => {
        sleepers.add({ until: now + durationMs, wake: resolve });
        signal?.addEventListener('abort', () => resolve());
        wakeDue();
      }),
    alarm: (durationMs, ring) => {
      const sleeper = { until: now + durationMs, wake: ring };
      sleepers.add(sleeper);
      wakeDue();
      return () => sleepers.delete(sleeper);
    },
    advance: (durationMs) => {
      now += durationMs;
      wakeDue();
    },
    set: (ms) => {
      now = ms;
      wakeDue();
    },
  };
};

/** The same seed gives the same bytes on every machine. */
export const seededRandom = (seed: string | number): Random => {
  let block = 0;
  let ready = Buffer.alloc(0);
  return {
    bytes: (count) => {
      while (ready.length < count) {
        const more = createHash('sha512').update(`${seed}:${block}`).digest();
        ready = Buffer.concat([ready, more]);
        block += 1;
      }
      const bytes = ready.subarray(0, count);
      ready = ready.subarray(count);
      return bytes;
    },
  };
};

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

export const noNetwork: Network = {
  post: ({ url }) => Promise.reject(new Error(`A test reached for the network: ${url}`)),
  exchange: ({ url }) => Promise.reject(new Error(`A test reached for the network: ${url}`)),
  fetch: (url) => Promise.reject(new Error(`A test reached for the network: ${url}`)),
};

const folders: string[] = [];

/** Goes with the process of the test file, whatever becomes of the tests in it. */
export const temporaryFolder = (name: string): string => {
  if (folders.length === 0) {
    process.once('exit', () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });
  }
  const folder = mkdtempSync(join(tmpdir(), `tollgate-${name}-`));
  folders.push(folder);
  return folder;
};

/**
 * All that a program which a test starts has of our own environment: where programs are, where V8 keeps what it made of
 * the sources, without which every one of them would take three times the processor to begin, and that no file is a link.
 */
export const bareEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  ['PATH', 'NODE_COMPILE_CACHE', 'NODE_PRESERVE_SYMLINKS'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

/** What the work costs this thread: what else the machine does meanwhile does not count. */
export const processorMs = (work: () => void): number => {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
};
