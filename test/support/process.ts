// A gateway as it really runs: a process of its own, started through the command line, which a test
// may kill. It is always ended by its own number.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bareEnvironment } from '../../src/kit/context/for-tests.ts';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';
import { type Ask, createAsk } from './ask.ts';

const cli = fileURLToPath(new URL('../../cli/tollgate.ts', import.meta.url));

export type GatewayProcess = {
  readonly port: number;
  readonly pid: number;
  readonly ask: Ask;
  /** What it wrote to standard error so far. */
  readonly output: () => string;
  /** As a power cut would end it. */
  kill(): Promise<void>;
  /** As an operator would end it; gives the exit code. */
  stop(): Promise<number | null>;
  /** Resolves when it has ended for whatever reason. */
  readonly ended: Promise<unknown>;
};

// The first start of an embedded database takes longest.
const startLimitMs = 180_000;

export const startProcess = async (
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  connections?: number,
): Promise<GatewayProcess> => {
  const { child, output, ended } = spawnGateway(environment, args);
  const port = await Promise.race([
    portFrom(child, output),
    ended.then(() => {
      throw new Error(`The gateway did not start: ${output()}`);
    }),
  ]);
  const { ask, close } = createAsk(port, connections);

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    close();
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    port,
    pid: child.pid ?? 0,
    ask,
    output,
    ended,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
  };
};

/** For a gateway that is expected to end by itself, perhaps before it is up: its exit code and what it said. */
export const runToItsEnd = async (
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<{ code: number | null; output: string }> => {
  const { child, output, ended } = spawnGateway(environment, args);
  const limit = setTimeout(() => child.kill('SIGKILL'), startLimitMs);
  await ended;
  clearTimeout(limit);
  return { code: child.exitCode, output: output() };
};

const spawnGateway = (environment: Readonly<Record<string, string>>, args: readonly string[]) => {
  const child = spawn(process.execPath, [cli, 'start', ...args], {
    env: { ...bareEnvironment, HOME: process.env['HOME'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  atEnd(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + String(chunk)).slice(-100_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, output: () => text, ended };
};

/** Said in one line of the log once it listens. */
const portFrom = async (child: ChildProcess, output: () => string): Promise<number> => {
  const until = performance.now() + startLimitMs;
  while (performance.now() < until && child.exitCode === null && child.signalCode === null) {
    const line = output()
      .split('\n')
      .find((each) => each.includes('The gateway is up'));
    if (line !== undefined) return Number(/"server\.port":(\d+)/.exec(line)?.[1]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  throw new Error(`The gateway did not say its port: ${output()}`);
};
