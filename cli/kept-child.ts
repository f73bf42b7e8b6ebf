// A program of ours as a child of the quick start. It has a process group of its own, so that a Ctrl-C
// reaches it through us, after the gateway has let go; and a pipe of ours, at whose end it ends, so that
// it does not outlive us however we go. When it ends by itself it is started again as it was.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './errors.ts';

export type ChildSettings<Told> = {
  /** As people call it: `The sandbox`. */
  readonly name: string;
  readonly program: string;
  /** What it is told at its first start, and at a later one, knowing what it said at the first. */
  readonly args: (told: Told | undefined) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where its process id is left for people and tools that look for it; nothing of ours reads it. */
  readonly processFile: string;
  readonly warn: (text: string) => void;
};

export type KeptChild<Told> = {
  /** The line of JSON that it printed when it was ready. */
  readonly told: Told;
  stop(): Promise<void>;
};

// Small programs need little; the young generation is what would let a process grow.
const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'];
const READY_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 5_000;
const RESTARTS_MAX = 5;
const RESTARTS_WITHIN_MS = 60_000;
const FIRST_PAUSE_MS = 200;

export const startKept = async <Told>(settings: ChildSettings<Told>): Promise<KeptChild<Told>> => {
  const first = await startChild(settings, undefined);
  const { told } = first;
  const stopping = new AbortController();
  let child = first.process;
  let ends: number[] = [];

  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (isRunning(child)) await once(child, 'exit');
      if (stopping.signal.aborted) return;
      const now = performance.now();
      ends = [...ends.filter((at) => now - at < RESTARTS_WITHIN_MS), now];
      if (ends.length > RESTARTS_MAX) {
        settings.warn(`${settings.name} ended again and again, and is not started any more.`);
        return;
      }
      await sleep(FIRST_PAUSE_MS * 2 ** (ends.length - 1), undefined, { signal: stopping.signal });
      try {
        child = (await startChild(settings, told)).process;
      } catch (error) {
        settings.warn(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const watched = watch().catch(() => {});

  return {
    told,
    stop: async () => {
      stopping.abort();
      await endChild(child);
      await watched;
      // One that was being started when we were told to stop.
      await endChild(child);
    },
  };
};

const isRunning = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;

const endChild = async (child: ChildProcess): Promise<void> => {
  if (!isRunning(child)) return;
  const gone = once(child, 'exit');
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await gone;
  clearTimeout(timer);
};

const startChild = async <Told>(
  { name, program, args, env, processFile }: ChildSettings<Told>,
  told: Told | undefined,
): Promise<{ readonly process: ChildProcess; readonly told: Told }> => {
  // With what V8 made of the sources before it begins in a third of the processor time.
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [...nodeFlags, program, ...args(told)], {
    env: { PATH, NODE_COMPILE_CACHE, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stdin.on('error', () => {});
  child.stderr.on('data', (text: Buffer) => {
    said = `${said}${String(text)}`.slice(-2_000);
  });
  const lines = createInterface(child.stdout);
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_WITHIN_MS);
  const line = await new Promise<string | undefined>((resolve) => {
    lines.once('line', resolve);
    child.once('error', () => resolve(undefined));
    child.once('exit', () => resolve(undefined));
  });
  clearTimeout(timer);
  if (line === undefined) {
    throw new CliError(`${name} could not be started: ${reasonIn(said)}`);
  }
  writeFileSync(processFile, `${JSON.stringify({ pid: child.pid })}\n`);
  return { process: child, told: JSON.parse(line) as Told };
};

/** Before an error that nobody caught Node shows where it was thrown. */
const reasonIn = (said: string): string => {
  const lines = said.split('\n').map((line) => line.trim());
  const why =
    lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines.find((line) => line !== '');
  return why ?? 'it said nothing and was not ready in time.';
};
