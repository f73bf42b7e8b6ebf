// The sandbox world as a child of the quick start. It has a process group of its own, so that a Ctrl-C
// reaches it through us, after the gateway has let go; and a pipe of ours, at whose end it ends, so that
// it does not outlive us however we go. When it ends by itself it is started again on the same ports.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CliError } from '../errors.ts';
import { freePortNear } from '../port.ts';
import { prepareSandboxDatabase } from './sandbox-database.ts';

export type SandboxSettings = {
  readonly ownerUrl: string;
  readonly isOurServer: boolean;
  readonly dataFolder: string;
  /** Of the gateway: ours are the next ones that are free. */
  readonly port: number;
  readonly warn: (text: string) => void;
};

export type RunningSandbox = {
  readonly ports: SandboxPorts;
  stop(): Promise<void>;
};

export type SandboxPorts = {
  readonly acquirer: number;
  readonly control: number;
  readonly threeDs: number;
};

const program = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));
// A world of this size needs little; the young generation is what would let the process grow.
const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'];
const READY_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 5_000;
const RESTARTS_MAX = 5;
const RESTARTS_WITHIN_MS = 60_000;
const FIRST_PAUSE_MS = 200;

export const startSandbox = async (settings: SandboxSettings): Promise<RunningSandbox> => {
  const folder = join(settings.dataFolder, 'sandbox');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const databaseUrl = await prepareSandboxDatabase({ ...settings, folder });
  const first = await startChild(folder, databaseUrl, await wishedPorts(folder, settings.port));
  writeFileSync(portsFile(folder), `${JSON.stringify(first.ports)}\n`);
  return keepRunning({ settings, folder, databaseUrl }, first);
};

type Parts = {
  readonly settings: SandboxSettings;
  readonly folder: string;
  readonly databaseUrl: string;
};
type Child = { readonly process: ChildProcess; readonly ports: SandboxPorts };

const keepRunning = ({ settings, folder, databaseUrl }: Parts, first: Child): RunningSandbox => {
  const { ports } = first;
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
        settings.warn('The sandbox ended again and again, and is not started any more.');
        return;
      }
      settings.warn('The sandbox ended by itself, and is started again.');
      await sleep(FIRST_PAUSE_MS * 2 ** (ends.length - 1), undefined, { signal: stopping.signal });
      try {
        child = (await startChild(folder, databaseUrl, ports)).process;
      } catch (error) {
        settings.warn(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const watched = watch().catch(() => {});

  return {
    ports,
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

const startChild = async (
  folder: string,
  databaseUrl: string,
  ports: SandboxPorts,
): Promise<Child> => {
  const args = [
    '--end-with-input',
    `--data=${folder}`,
    `--acquirer-port=${ports.acquirer}`,
    `--control-port=${ports.control}`,
    `--three-ds-port=${ports.threeDs}`,
  ];
  const child = spawn(process.execPath, [...nodeFlags, program, ...args], {
    env: { PATH: process.env.PATH, SANDBOX_DATABASE_URL: databaseUrl },
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
    const why = said.trim().split('\n')[0] || 'it said nothing and was not ready in time';
    throw new CliError(`The sandbox could not be started: ${why}`);
  }
  // For people and tools that look for the process; nothing of ours reads it.
  writeFileSync(join(folder, 'process.json'), `${JSON.stringify({ pid: child.pid })}\n`);
  return { process: child, ports: (JSON.parse(line) as { ports: SandboxPorts }).ports };
};

const portsFile = (folder: string): string => join(folder, 'ports.json');

/** Those of last time, so that what is configured with them goes on to work; else the next free ones. */
const wishedPorts = async (folder: string, gatewayPort: number): Promise<SandboxPorts> => {
  const known = knownPorts(folder);
  const near = (offset: number): number => (gatewayPort === 0 ? 0 : gatewayPort + offset);
  const control = await freePortNear(known?.control ?? near(1));
  const acquirer = await freePortNear(known?.acquirer ?? near(2), control);
  const threeDs = await freePortNear(known?.threeDs ?? near(3), control, acquirer);
  return { control, acquirer, threeDs };
};

const knownPorts = (folder: string): SandboxPorts | undefined => {
  try {
    return JSON.parse(readFileSync(portsFile(folder), 'utf8')) as SandboxPorts;
  } catch {
    return undefined;
  }
};
